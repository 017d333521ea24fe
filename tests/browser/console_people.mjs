// Why is this person not on the list? A contributor finds out with at most four clicks, and lets somebody be sent again who
// asked for it; a viewer may not ask, and everybody reads what is kept.
// Usage: node console_people.mjs URL API_KEY LIST_ID SANDBOX ENGINE [FOLDER FOR PICTURES]

import assert from 'node:assert/strict';
import { caller, connected, ended, people } from './console_calls.mjs';
import { open } from './console_page.mjs';

const [url, apiKey, listId, sandbox, engine, folder] = process.argv.slice(2);
/** The states that docs/CONSOLE.md shows. */
const PICTURES = ['people', 'readmissions', 'readmit', 'retention'];
const call = await caller(url);
const connectionId = await connected(call, apiKey);
await call('contributor', 'PUT', '/segments/People', { displayName: 'People' });
await call('contributor', 'PUT', '/segments/People/members', `${people(0, 20)}\n90,ann at example.com,Riga`, 'text/csv');
const { exportId } = await call('contributor', 'POST', '/exports', {
  displayName: 'People to newsletter',
  connectionId,
  listId,
  segments: ['People'],
  mapping: { email: 'Email' },
});
const { runId } = await call('contributor', 'POST', `/exports/${exportId}/runs`);
await ended(call, runId);

const { page, address, look, button, heading, tabTo, foreign, close } = await open(url, engine, folder, PICTURES);
const nav = (name) => page.getByRole('navigation', { name: 'Areas' }).getByRole('link', { name, exact: true });
const at = (path, query = '') => page.goto(`${address}console/${query}#/${path}`);
const role = async (name) => {
  await page.getByRole('combobox', { name: 'Role to try' }).selectOption(name);
  await page.getByText(`${name.toLowerCase()}@example.com`).first().waitFor();
};

// Two clicks: the area, and the button. The name of the person stands in no address of the browser.
await role('Contributor');
let clicks = 0;
const click = (one) => ((clicks += 1), one.click());
await click(nav('Find a person'));
await page.getByLabel('Email or customer').fill('90');
await click(button('Find'));
await page.getByText('its address, CustomerId or a consent cannot be used').waitFor();
await page.getByRole('row').filter({ hasText: 'ann at example.com' }).waitFor();
assert.ok(clicks <= 4);
// Neither the port nor the id of the instance counts.
assert.ok(!/(?<![\w-])90(?![\w-])/.test(page.url()), page.url());
await look('people');

// By an address, with what Campaign Monitor has now.
await page.getByLabel('Email or customer').fill('person7@example.com');
await page.getByLabel('Ask Campaign Monitor, too').check();
await button('Find').click();
await page.getByText('Campaign Monitor accepted the person').waitFor();
await page.getByText('person7@example.com: gets mail').waitFor();
await look('people_live');

// Somebody whom nobody knows is in no segment.
await page.getByLabel('Email or customer').fill('stranger@example.com');
await button('Find').click();
await page.getByText('the person was none of them').waitFor();
await look('people_stranger');

// Who left by their own wish.
await at(`exports/${exportId}/feedback`);
await heading('Who left the list of “People to newsletter”');
await button('Show').click();
await page.getByText('Nobody has left since.').waitFor();
await look('feedback');

// Somebody leaves by their own wish, and asks to come back: a contributor says so, by keyboard alone.
const subscribers = `${sandbox}sandbox/lists/${listId}/subscribers`;
const left = [{ email: 'person7@example.com', state: 'Unsubscribed' }];
const stored = await fetch(subscribers, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(left),
});
assert.ok(stored.ok, await stored.text());
await at(`exports/${exportId}`);
await heading('People to newsletter');
await at(`exports/${exportId}/feedback`);
await heading('Who left the list of “People to newsletter”');
await page.getByText('This export does not bring everybody back.').waitFor();
await button('Show').click();
const again = button('May be sent again: person7@example.com');
await again.waitFor();
await tabTo(again);
await page.keyboard.press('Enter');
const dialog = page.getByRole('dialog', { name: 'May person7@example.com be sent again?' });
await dialog.getByText('Only do this when the person has asked for it').waitFor();
await look('readmit');
const readmit = dialog.getByRole('button', { name: 'May be sent again' });
assert.ok(await readmit.isDisabled(), 'a reason is needed');
await tabTo(dialog.getByLabel('What proves that the person wants it'));
await page.keyboard.type('The person wrote from ann@example.com.');
await tabTo(readmit);
await page.keyboard.press('Enter');
await dialog.getByRole('alert').waitFor();
await look('readmit_refused');
await tabTo(dialog.getByLabel('What proves that the person wants it'));
await page.keyboard.press('Control+A');
await page.keyboard.type('A letter of 20 November.');
await tabTo(readmit);
await page.keyboard.press('Enter');
await dialog.waitFor({ state: 'detached' });
const readmitted = page.getByRole('table', { name: 'Who may be sent again' });
await readmitted.getByRole('row').filter({ hasText: 'A letter of 20 November.' }).waitFor();
await look('readmissions');

// What was said can be taken back.
await button('Withdraw: person7@example.com').click();
await page.getByRole('dialog').getByRole('button', { name: 'Withdraw' }).click();
await page.getByText('Nobody may be sent again.').waitFor();

// A viewer reads what is kept, and finds nobody.
await role('Viewer');
assert.equal(await nav('Find a person').count(), 0);
await at('people');
await page.getByText('Contributors and administrators can read addresses.').waitFor();
await at('retention');
await page.getByRole('row').filter({ hasText: 'Rejected rows' }).waitFor();
await look('retention');
await at('retention', '?lang=pseudo');
await page.locator('main h1').filter({ hasText: '[' }).waitFor();
assert.deepEqual(await foreign('main h1, main .lead, main h2'), []);
await close();
