// Every step by keyboard alone: an upload, the six steps of an export, its schedule, a run and its end, the rules of alerts,
// the pause, a person, and an erasure.
// Usage: node console_keyboard.mjs URL API_KEY LIST_ID SANDBOX ENGINE

import assert from 'node:assert/strict';
import { caller, connected, people } from './console_calls.mjs';
import { open } from './console_page.mjs';

const [url, apiKey, , sandbox, engine] = process.argv.slice(2);
const call = await caller(url);
await connected(call, apiKey);

const { page, button, link, heading, tabTo, close } = await open(url, engine);
const nav = (name) => page.getByRole('navigation', { name: 'Areas' }).getByRole('link', { name, exact: true });
const radio = (name) => page.getByRole('radio', { name, exact: true });
const dialog = page.getByRole('dialog');
const press = async (locator, key = 'Enter') => {
  await locator.waitFor();
  await tabTo(locator);
  await page.keyboard.press(key);
};
const type = async (locator, text) => {
  await locator.waitFor();
  await tabTo(locator);
  await page.keyboard.press('Control+A');
  await page.keyboard.type(text);
};
/** One Tab stop is a group of choices; the arrows go from one to the next. */
async function choose(locator) {
  await locator.waitFor();
  const group = await locator.getAttribute('name');
  const isThere = () => page.evaluate((name) => document.activeElement?.getAttribute('name') === name, group);
  for (let n = 0; n < 80 && !(await isThere()); n += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  for (let n = 0; n < 20 && !(await locator.isChecked()); n += 1) await page.keyboard.press('ArrowDown');
  assert.ok(await locator.isChecked(), 'the arrows get there');
}
const step = (name) => page.getByRole('heading', { level: 2, name: new RegExp(`: ${name}$`) });

// A segment from a file.
await heading('From a segment to a list');
await press(nav('Segments'));
await press(link('Add segment').first());
await heading('Add segment');
await type(page.getByLabel('Display name'), 'People');
const [chooser] = await Promise.all([
  page.waitForEvent('filechooser'),
  press(page.getByLabel('File with the members')),
]);
await chooser.setFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(people(0, 20)) });
await press(button('Save'));
await heading('People');

// The six steps of an export.
await press(link('Export this segment').first());
await choose(radio('Campaign Monitor - newsletter'));
await press(button('Continue'));
await step('List').waitFor();
await choose(radio('Newsletter').first());
await page.getByText('On the list now').waitFor();
await press(button('Continue'));
await step('Segments').waitFor();
await press(page.getByRole('checkbox', { name: 'People' }), 'Space');
assert.ok(!(await page.getByRole('checkbox', { name: 'People' }).isChecked()));
await page.keyboard.press('Space');
await press(button('Continue'));
await step('Data matching').waitFor();
assert.equal(await page.getByLabel('Email', { exact: true }).inputValue(), 'Email', 'proposed by its name');
await press(button('Show ten members'));
await page.getByRole('cell', { name: 'person3@example.com' }).or(page.getByRole('rowheader', { name: 'person3@example.com' })).waitFor();
await press(button('Continue'));
await step('Changes and leavers').waitFor();
await choose(radio('Are deleted from the list'));
await choose(radio('Stay on the list'));
await press(button('Continue'));
await step('Name and options').waitFor();
await type(page.getByLabel('Display name'), 'People to newsletter');
await page.keyboard.press('Enter');
await heading('People to newsletter');

// Its schedule.
await press(button('Change'));
await choose(radio('At its own times'));
await press(button('Save'));
await page.getByText('Next times').waitFor();

// A run of many slow calls, and its end.
const { items } = await call('viewer', 'GET', '/exports');
await call('contributor', 'PUT', '/segments/People/members', people(0, 60_000), 'text/csv');
const faults = async (plan) => {
  const answer = await fetch(`${sandbox}sandbox/faults`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(plan),
  });
  assert.equal(answer.status, 200, await answer.text());
};
await faults([{ match: { path: 'subscribers/', method: 'POST' }, kind: { latency: { ms: 5000 } } }]);
await press(button('Run now'));
await heading('Run of “People to newsletter”');
await page.locator('.progress').getByText('Running').waitFor();
await press(button('Cancel this run'));
await press(dialog.getByRole('button', { name: 'Cancel the run' }));
await page.locator('.progress').getByText('Canceled').waitFor();
await faults([]);
assert.equal(items.length, 1);

// The rules of alerts.
await press(nav('Alerts'));
await press(link('Rules of alerts'));
await press(button('Change the rules'));
const rule = page.getByRole('checkbox', { name: 'Open an alert' }).first();
await rule.waitFor();
const was = await rule.isChecked();
await press(rule, 'Space');
assert.equal(await rule.isChecked(), !was);
await press(button('Save'));
await button('Change the rules').waitFor();

// The pause of the instance.
await press(button('Pause sending'));
await type(dialog.getByLabel('Why'), 'The list is being cleaned.');
await press(dialog.getByRole('button', { name: 'Pause' }));
await page.getByText('“The list is being cleaned.”').waitFor();
await press(button('Resume sending'));
await button('Pause sending').waitFor();

// A person.
await press(nav('Find a person'));
await type(page.getByLabel('Email or customer'), '7');
await page.keyboard.press('Enter');
await page.getByRole('heading', { level: 2, name: 'People to newsletter' }).waitFor();

// An erasure.
await press(nav('Erasures'));
await press(link('Erase people').first());
await type(page.getByLabel('Who'), '7');
await type(page.getByLabel('Legal basis'), 'GDPR, article 17(1)(b)');
await type(page.getByLabel('Reference', { exact: true }), 'DSR-2026-0201');
await press(button('Erase'));
await press(dialog.getByRole('button', { name: 'Erase' }));
await heading('DSR-2026-0201');
await close();
