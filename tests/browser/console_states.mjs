// States that nobody meets on the usual ways: each is accessible, an error leads to where it is mended, people and segments
// are links and names, a page that is left keeps what was typed, and every page speaks the language of its reader.
// Usage: node console_states.mjs URL API_KEY LIST_ID SANDBOX ENGINE

import assert from 'node:assert/strict';
import { caller, connected, ended, people } from './console_calls.mjs';
import { open } from './console_page.mjs';

const [url, apiKey, listId, sandbox, engine] = process.argv.slice(2);
const MEMBERS = 12_345;
const call = await caller(url);
const connectionId = await connected(call, apiKey);
await call('contributor', 'PUT', '/segments/People', { displayName: 'Good customers' });
await call('contributor', 'PUT', '/segments/People/members', people(0, MEMBERS), 'text/csv');
const make = (displayName, more = {}) =>
  call('contributor', 'POST', '/exports', {
    displayName,
    connectionId,
    listId,
    segments: ['People'],
    mapping: { email: 'Email', customFields: [{ key: 'birthday', field: 'City' }] },
    ...more,
  });
const { exportId } = await make('People to newsletter');
const { runId } = await call('contributor', 'POST', `/exports/${exportId}/runs`);
const run = await ended(call, runId);
const faults = async (plan) => {
  const answer = await fetch(`${sandbox}sandbox/faults`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(plan),
  });
  assert.equal(answer.status, 200, await answer.text());
};

const { page, address, look, button, link, heading, foreign, close } = await open(url, engine);
const nav = (name) => page.getByRole('navigation', { name: 'Areas' }).getByRole('link', { name, exact: true });
const dialog = page.getByRole('dialog');
const alert = page.getByRole('alert');
const at = (path, query = '') => page.goto(`${address}console/${query}#/${path}`);
const section = (name) => page.locator('section').filter({ has: page.getByRole('heading', { level: 2, name, exact: true }) });
const step = (name) => page.getByRole('heading', { level: 2, name: new RegExp(`: ${name}$`) });
const steps = page.locator('.steps li');

// Segments are shown by the names that people gave them.
await at('exports');
await page.getByRole('row').filter({ hasText: 'People to newsletter' }).getByText('Good customers').waitFor();
await at(`runs/${runId}`);
await page.getByText('Good customers (12,345)').waitFor();

// Values that were not sent, each with the name of its field and the way to the person.
await section('Each of these values').getByRole('button', { name: 'Show' }).click();
await page.getByRole('cell', { name: 'City → birthday' }).first().waitFor();
await look('value_problems');
await page.getByLabel('Why').selectOption('cut');
await page.getByText('Choose “All” to see the others.').waitFor();
await page.getByLabel('Why').selectOption('');
const person = page.getByRole('link', { name: /^person\d+@example.com$/ }).first();
const email = await person.innerText();
await person.click();
await heading('Find a person');
assert.equal(await page.getByLabel('Email or customer').inputValue(), email);
await page.getByRole('heading', { level: 2, name: 'People to newsletter' }).waitFor();
assert.ok(!page.url().includes(email.split('@')[0]), 'the person stands in no address');

// The members of an export lead to each person.
await at(`exports/${exportId}/members`);
await button('Show').click();
await page.getByRole('link', { name: /^person\d+@example.com$/ }).first().click();
await heading('Find a person');
await page.getByRole('heading', { level: 2, name: 'People to newsletter' }).waitFor();

// The audit has every action, leads to its objects, and says what to do when nothing is found.
await at('audit');
const actions = await page.getByLabel('What', { exact: true }).locator('option').allInnerTexts();
for (const action of ['Person readmitted', 'Erasure of people requested', 'Channel added', 'Export copied'])
  assert.ok(actions.includes(action), action);
await page.getByRole('row').filter({ hasText: 'Run started' }).getByRole('link').first().waitFor();
await page.getByLabel('Who', { exact: true }).fill('stranger');
await button('Search').click();
await page.getByText('Take a condition out of the search').waitFor();
await look('audit_nothing');
await button('Show all').click();
await page.getByRole('row').filter({ hasText: 'Run started' }).first().waitFor();

// A file that is being sent.
await at('segments/add');
await page.getByLabel('Display name').fill('Slow');
await page
  .getByLabel('File with the members')
  .setInputFiles({ name: 'slow.csv', mimeType: 'text/csv', buffer: Buffer.from(people(0, 3)) });
let arrive;
const arriving = new Promise((done) => (arrive = done));
await page.route('**/members', async (route) => {
  await arriving;
  await route.continue();
});
await button('Save').click();
await page.getByRole('progressbar', { name: 'The file is being sent' }).waitFor();
await look('upload_under_way');
arrive();
await heading('Slow');
await page.unroute('**/members');
await page.getByText('No export uses it yet.').waitFor();

// A new list has no fields: the first one is created in the data matching.
await at('exports/add');
await button('Continue').click();
await page.getByText('Create a new list').click();
await page.getByLabel('Name of the list').fill('Fresh list');
await look('new_list');
await button('Create list').click();
await page.getByRole('radio', { name: 'Fresh list' }).and(page.locator(':checked')).waitFor();
await page.getByText('On the list now').waitFor();
await button('Continue').click();
await page.getByRole('checkbox', { name: 'Good customers' }).check();
await button('Continue').click();
await page.getByText('The list has no custom fields.').waitFor();
await page.getByText('Create a custom field').click();
await page.getByLabel('Name of the new field').fill('Town');
await look('new_field');
await button('Create the field').click();
await page.getByRole('combobox', { name: 'Town' }).waitFor();

// Who looks at something else comes back to what they had typed, and may begin anew.
await nav('Schedule').click();
await heading('Schedule');
await nav('Exports').click();
await link('Add export').click();
await page.getByText('What you had changed here is still there').waitFor();
await step('Data matching').waitFor();
await look('kept_draft');
await button('Begin anew').click();
await step('Connection').waitFor();
assert.equal(await button('Begin anew').count(), 0);
await nav('Exports').click();
await link('Add export').click();
await step('Connection').waitFor();
assert.equal(await button('Begin anew').count(), 0, 'nothing was typed');

// An error leads to its step, and stands at its field.
await at(`exports/${exportId}/edit`);
await steps.nth(3).getByRole('button').click();
await page.getByLabel('Name', { exact: true }).selectOption({ label: 'A text with fields in it …' });
await page.getByLabel('Text with fields for “Name”').fill('{{Nothing}}');
await steps.nth(5).getByRole('button').click();
await step('Name and options').waitFor();
await button('Save').click();
await step('Data matching').waitFor();
await alert.getByText('Nothing').first().waitFor();
await look('error_at_its_step');

// A connection that is not complete, and an export without one: the error leads to where that is mended.
await call('admin', 'DELETE', `/connections/${connectionId}/export-user`);
await at(`exports/${exportId}`);
await button('Check').click();
await link('Open the connection').waitFor();
await look('connection_not_connected');
await link('Open the connection').click();
await heading('Campaign Monitor - newsletter');
await call('admin', 'PUT', `/connections/${connectionId}/export-user`);
await at(`exports/${exportId}`);
await button('Detach from the connection').click();
await dialog.waitFor();
await look('detach');
await dialog.getByRole('button', { name: 'Detach from the connection' }).click();
await dialog.waitFor({ state: 'detached' });
await button('Check').click();
await alert.getByRole('button', { name: 'Connect' }).click();
const attach = page.getByLabel('Connect again over');
assert.ok(await attach.evaluate((element) => element === document.activeElement), 'the choice has the focus');
await look('attach');
await attach.selectOption({ label: 'Campaign Monitor - newsletter' });
await page.locator('#attach').getByRole('button', { name: 'Connect' }).click();
await button('Detach from the connection').waitFor();

// A run that waits for a worker, one that goes, and the question before it is canceled.
const queued = { ...run, status: 'queued', startUtc: null, endUtc: null, reason: null };
await page.route(`**/runs/${runId}`, (route) => route.fulfill({ json: queued }));
await page.route('**/events', (route) => route.abort());
await at(`runs/${runId}`);
await page.locator('.progress').getByText('Waiting').waitFor();
await look('queued');
await page.unroute(`**/runs/${runId}`);
await page.unroute('**/events');
await faults([{ match: { path: 'subscribers/', method: 'POST' }, kind: { latency: { ms: 15_000 } } }]);
await at(`exports/${exportId}`);
await button('Run now').click();
await page.locator('.progress').getByText('Running').waitFor();
await look('running');
await button('Cancel this run').click();
await dialog.waitFor();
await look('cancel');
await dialog.getByRole('button', { name: 'Cancel the run' }).click();
await page.locator('.progress').getByText('Canceled').waitFor();
await faults([]);

// The settings of a channel.
const { channelId } = await call('admin', 'POST', '/channels', {
  displayName: 'Campaign team',
  kind: 'webhook',
  url: 'https://1.1.1.1/hook',
});
await at(`channels/${channelId}`);
await heading('Campaign team');
await look('channel_settings');

// In the language of the test, a text that no catalogue has stands out, on every page.
const DATA = /^(Campaign Monitor - newsletter|People to newsletter|Good customers|Campaign team|[\d\s.,:%–-]*)$/;
for (const path of [
  '',
  'exports',
  'exports/add',
  `exports/${exportId}`,
  `exports/${exportId}/edit`,
  `exports/${exportId}/members`,
  `exports/${exportId}/feedback`,
  'runs',
  `runs/${runId}`,
  'alerts',
  'alerts/rules',
  'people',
  'segments',
  'segments/add',
  'segments/People',
  'connections',
  'connections/add',
  `connections/${connectionId}`,
  'channels',
  'channels/add',
  'schedule',
  'erasures',
  'erasures/add',
  'retention',
  'audit',
  'nowhere',
]) {
  await at(path, '?lang=pseudo');
  await page.locator('nav').getByText('[').first().waitFor();
  await page.waitForTimeout(400);
  await look(`pseudo_${path}`);
  const parts = ['h2', 'legend', 'dt', 'th[scope=col]', '.lead', '.hint', '.actions button', 'summary'];
  const found = await foreign(`nav, ${parts.map((part) => `main ${part}`).join(', ')}`);
  assert.deepEqual(
    found.filter((text) => !DATA.test(text)),
    [],
    path,
  );
}

// Numbers and times are those of the reader's place, and the language is that of the browser.
async function read(locale, timezoneId) {
  const context = await page.context().browser().newContext({ locale, timezoneId });
  const tab = await context.newPage();
  await tab.goto(`${address}console/#/runs/${runId}`);
  await tab.locator('.facts').first().waitFor();
  const text = await tab.locator('main').innerText();
  const headed = await tab.getByRole('heading', { level: 1 }).innerText();
  const language = await tab.getAttribute('html', 'lang');
  await context.close();
  return { text, headed, language };
}
const [, minutes, seconds] = run.startUtc.match(/:(\d\d):(\d\d)/);
const hour = new Date(run.startUtc).getUTCHours();
const there = await read('lv-LV', 'Asia/Tokyo');
assert.deepEqual([there.language, there.headed], ['lv', '“People to newsletter” izpilde']);
assert.match(there.text, /12\s345/);
assert.ok(there.text.includes(`${String((hour + 9) % 24).padStart(2, '0')}:${minutes}:${seconds}`), there.text);
const here = await read('en-US', 'America/Phoenix');
assert.match(here.text, /12,345/);
assert.ok(here.text.includes(`${(hour + 5) % 12 || 12}:${minutes}:${seconds}`), here.text);
assert.match(here.text, /\d\s(AM|PM)/);
await close();
