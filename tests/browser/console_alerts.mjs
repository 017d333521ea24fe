// Nobody has to look: an administrator adds a channel and sets rules, a run loses people, a contributor takes care of the
// alert and repairs the segment, and everybody sees that it is over.
// Usage: node console_alerts.mjs URL API_KEY LIST_ID ENGINE [FOLDER FOR PICTURES]

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { caller, connected, ended, people } from './console_calls.mjs';
import { open } from './console_page.mjs';

const [url, apiKey, listId, engine, folder] = process.argv.slice(2);
/** The states that docs/CONSOLE.md shows. */
const PICTURES = ['alert', 'alerts', 'alert_rules', 'alert_rules_change', 'channel', 'channel_add', 'channels'];

/** A program that gets messages, and answers with a status that the test decides. */
const got = [];
let answer = 200;
const receiver = createServer((question, reply) => {
  let text = '';
  question.on('data', (part) => (text += part));
  question.on('end', () => {
    got.push({ headers: question.headers, text });
    reply.writeHead(answer).end();
  });
});
await new Promise((listening) => receiver.listen(0, '127.0.0.1', listening));
const target = `http://127.0.0.1:${receiver.address().port}/hook`;
const arrived = async (type, count = 1) => {
  const found = () => got.filter(({ text }) => JSON.parse(text).type === type);
  for (let n = 0; n < 100 && found().length < count; n += 1) await new Promise((later) => setTimeout(later, 100));
  assert.ok(found().length >= count, `${type}: ${got.map(({ text }) => text).join()}`);
  return found().at(-1);
};
/** As Standard Webhooks 1.0 has it. */
const isSignedWith = (secret, { headers, text }) => {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
  const mac = createHmac('sha256', key).update(signed).digest('base64');
  return headers['webhook-signature'].split(' ').includes(`v1,${mac}`);
};

const call = await caller(url);
const connectionId = await connected(call, apiKey);
const upload = (rows) => call('contributor', 'PUT', '/segments/People/members', rows, 'text/csv');
const broken = Array.from({ length: 10 }, (_, n) => `${90 + n},no address,Riga`).join('\n');
await call('contributor', 'PUT', '/segments/People', { displayName: 'People' });
await upload(`${people(0, 20)}\n${broken}`);
const { exportId } = await call('contributor', 'POST', '/exports', {
  displayName: 'People to newsletter',
  connectionId,
  listId,
  segments: ['People'],
  mapping: { email: 'Email' },
});
const run = async () => {
  const { runId } = await call('contributor', 'POST', `/exports/${exportId}/runs`);
  return ended(call, runId);
};

const { page, address, look, button, link, heading, tabTo, retype, foreign, close } = await open(url, engine, folder, PICTURES);
const nav = (name) => page.getByRole('navigation', { name: 'Areas' }).getByRole('link', { name, exact: true });
const radio = (name) => page.getByRole('radio', { name, exact: true });
const dialog = page.getByRole('dialog');
const at = (path, query = '') => page.goto(`${address}console/${query}#/${path}`);
/** The pages begin anew with another role, and follow the address once they are drawn. */
const role = async (name) => {
  await page.getByRole('combobox', { name: 'Role to try' }).selectOption(name);
  await page.getByText(`${name.toLowerCase()}@example.com`).first().waitFor();
  await page.waitForTimeout(150);
};
const row = (text) => page.getByRole('row').filter({ hasText: text });
const fieldset = (name) => page.getByRole('group', { name, exact: true });

// The empty page says what belongs there, and leads to the first channel.
await nav('Alerts').click();
await page.getByText('Nothing needs attention').waitFor();
await page.getByText('No channel gets messages yet').waitFor();
await look('alerts_empty');
await nav('Channels').click();
await page.getByText('There is no channel yet').waitFor();
await look('channels_empty');

// A channel is added by keyboard alone. A target in a private network is rejected with the reason, unless it is allowed.
await link('Add channel').focus();
await page.keyboard.press('Enter');
await heading('Add channel');
await tabTo(radio('E-mail'));
await page.keyboard.press('ArrowDown');
await look('channel_add');
await page.keyboard.press('ArrowDown');
await page.keyboard.press('ArrowDown');
assert.ok(await radio('Webhook of your own').isChecked());
await tabTo(page.getByLabel('Display name'));
await page.keyboard.type('Campaign team');
await tabTo(page.getByLabel('URL'));
await page.keyboard.type(target);
await page.keyboard.press('Enter');
await heading('Campaign team');

// Its secret is shown once.
const shown = page.getByRole('region', { name: 'Copy this secret now' });
await shown.waitFor();
const secret = await shown.locator('code').innerText();
assert.match(secret, /^whsec_/);
await look('channel_secret');
await page.reload();
await heading('Campaign team');
assert.equal(await shown.count(), 0);

// A test says what the receiver answered, and the message is signed with the secret.
await button('Send a test').click();
await page.locator('.checks').getByText('Accepted').waitFor();
assert.ok(isSignedWith(secret, await arrived('channel.tested')));
await row('A test').getByText('HTTP 200').waitFor();

// A message can be sent anew: the receiver knows it by its id.
await row('A test').getByRole('button', { name: 'Send anew' }).click();
await arrived('channel.tested', 2);
assert.equal(new Set(got.map(({ headers }) => headers['webhook-id'])).size, 1);

// The secret is replaced: for a day, messages are signed with both.
await button('Replace the secret').click();
await look('channel_rotate');
await dialog.getByRole('button', { name: 'Replace the secret' }).click();
await shown.waitFor();
const next = await shown.locator('code').innerText();
assert.notEqual(next, secret);
await page.getByText('The secret of before is valid until').waitFor();
await button('Send a test').click();
await page.locator('.checks').getByText('Accepted').waitFor();
const both = await arrived('channel.tested', 3);
assert.ok(isSignedWith(secret, both) && isSignedWith(next, both));

// A receiver that fails: the page says what it answered, and when the next try is.
answer = 503;
await button('Send a test').click();
await page.locator('.checks').getByText('HTTP 503').waitFor();
await page.locator('.checks').getByText('The next try is at').waitFor();
await look('channel');
answer = 200;

// Rules are sentences. One that is switched on has what is usual; the channels are picked by their names.
await nav('Channels').click();
await row('Campaign team').getByText('Active').waitFor();
await look('channels');
await nav('Alerts').click();
await link('Rules of alerts').click();
await row('At least 10 % of the selected profiles').getByText('Every channel').waitFor();
await look('alert_rules');
await button('Change the rules').click();
await fieldset('A run is slow').getByLabel('Open an alert').check();
assert.equal(await fieldset('A run is slow').getByLabel('Times as long as usual').inputValue(), '3');
const refused = fieldset('Many people are not put on the list');
await retype(refused.getByLabel('From so many percent'), '20');
await refused.getByLabel('Messages to').selectOption('some');
assert.ok(await refused.getByLabel('Campaign team').isChecked());
await refused.getByLabel('Reminder').selectOption('24');
await look('alert_rules_change');
await button('Save').click();
const changed = row('At least 20 % of the selected profiles');
await changed.getByText('Campaign team').waitFor();
await changed.getByText('Every 24 hours').waitFor();
await row('more than 3 times as long as usual').waitFor();

// Two administrators change the rules: the second one is told, and changes nothing.
await button('Change the rules').click();
const rules = await call('admin', 'GET', '/alert-rules');
await call('admin', 'PUT', '/alert-rules', { rules: rules.rules.filter(({ kind }) => kind !== 'runLate') });
await button('Save').click();
await page.getByRole('alert').getByText('It was changed since you read it').waitFor();
await look('alert_rules_conflict');

// A channel that a rule names cannot go.
await nav('Channels').click();
await link('Campaign team').click();
await button('Remove channel').click();
await dialog.getByRole('button', { name: 'Remove' }).click();
await dialog.getByText('A rule of alerts names the channel').waitFor();
await dialog.getByText('Take it out of the rules of alerts first').waitFor();
await look('channel_in_use');
await page.keyboard.press('Escape');

// A run loses a third of its people. The message has nobody's address; the contributor finds the alert first of all.
await run();
const opened = await arrived('alert.opened');
assert.ok(!opened.text.includes('@example.com') && !opened.text.includes('no address'));
await role('Contributor');
assert.equal(await nav('Channels').count(), 0);
await nav('Start').click();
await page.getByText('These alerts are open:').waitFor();
await look('start_alert');
await nav('Alerts').click();
await look('alerts');
await link('Many profiles of “People to newsletter” were not put on the list').click();
await page.getByText('Open the run: each person who is not on the list has the reason there.').waitFor();
await button('Take care of it').click();
await dialog.getByLabel('Note').fill('I ask the shop about the new segment');
await look('alert_acknowledge');
await dialog.getByRole('button', { name: 'Take care of it' }).click();
await page.getByText('I ask the shop about the new segment').waitFor();
await page.getByText('contributor@example.com,').waitFor();
assert.equal(await button('Take care of it').count(), 0);
await look('alert');
await link('Open the run').click();
await heading('Run of “People to newsletter”');
await page.getByText('Completed with errors').first().waitFor();

// An export has rules of its own: here one kind opens an alert without a message.
await at(`exports/${exportId}`);
await page.getByText('Show what opens an alert about this export').click();
await button('Change the rules').click();
await fieldset('A run waits for approval').getByLabel('For this export').selectOption('silent');
await fieldset('The list is out of date').getByLabel('For this export').selectOption('own');
await retype(fieldset('The list is out of date').getByLabel('Age of the data in hours'), '30');
await look('export_rules_change');
await page.getByRole('region').or(page.locator('form')).last().getByRole('button', { name: 'Save' }).click();
await row('The data on the list is older than 30 hours').getByText('In a way of its own').waitFor();
await row('A run waits for somebody').getByText('Nobody: it is shown here only').waitFor();
await look('export_rules');

// The segment is repaired: the alert ends by itself, and the channel is told.
await upload(people(0, 20));
assert.equal((await run()).status, 'successful');
await arrived('alert.resolved');
await role('Viewer');
await nav('Alerts').click();
await page.getByLabel('State').selectOption('resolved');
await link('Many profiles of “People to newsletter” were not put on the list').click();
await page.getByText('In the last run of the export fewer profiles were rejected').waitFor();
assert.equal(await button('Take care of it').count(), 0);
await look('alert_over');
await at('channels');
await page.getByText('Administrators see and change channels.').waitFor();
await look('channels_viewer');

// No text of these pages stands outside of the catalogues.
for (const path of ['alerts', 'alerts/rules', 'channels', 'channels/add']) {
  await at(path, '?lang=pseudo');
  await page.locator('main h1').filter({ hasText: '[' }).waitFor();
  await page.waitForTimeout(200);
  await look(`pseudo_${path.replace('/', '_')}`);
  assert.deepEqual(await foreign('main form, main .lead, main .empty, main h1'), [], path);
}

// Without rules that name it, the channel goes.
await at('channels');
await role('Admin');
await call('admin', 'PUT', '/alert-rules', { rules: [] });
await link('Campaign team').click();
await button('Remove channel').click();
await dialog.getByRole('button', { name: 'Remove' }).click();
await page.getByText('There is no channel yet').waitFor();
await close();
receiver.closeAllConnections();
receiver.close();
