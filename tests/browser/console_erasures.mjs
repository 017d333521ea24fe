// An administrator erases two people, sees what was found in each place and the days that are left, saves the proof, and
// lets them be sent again. Nothing on the pages names them afterwards.
// Usage: node console_erasures.mjs URL API_KEY LIST_ID ENGINE [FOLDER FOR PICTURES]

import assert from 'node:assert/strict';
import { caller, connected, ended, people } from './console_calls.mjs';
import { open } from './console_page.mjs';

const [url, apiKey, listId, engine, folder] = process.argv.slice(2);
/** The states that docs/CONSOLE.md shows. */
const PICTURES = ['erasure', 'erasure_add', 'erasures'];
const call = await caller(url);
const connectionId = await connected(call, apiKey);
await call('contributor', 'PUT', '/segments/People', { displayName: 'People' });
await call('contributor', 'PUT', '/segments/People/members', people(0, 20), 'text/csv');
const { exportId } = await call('contributor', 'POST', '/exports', {
  displayName: 'People to newsletter',
  connectionId,
  listId,
  segments: ['People'],
  mapping: { email: 'Email' },
});
const { runId } = await call('contributor', 'POST', `/exports/${exportId}/runs`);
await ended(call, runId);

const { page, address, look, button, link, heading, saved, foreign, close } = await open(url, engine, folder, PICTURES);
const nav = (name) => page.getByRole('navigation', { name: 'Areas' }).getByRole('link', { name, exact: true });
const dialog = page.getByRole('dialog');
const at = (path, query = '') => page.goto(`${address}console/${query}#/${path}`);

await nav('Erasures').click();
await page.getByText('Nobody has asked yet').waitFor();
await look('erasures_empty');
await link('Erase people').click();
await page.getByLabel('Who').fill('person3@example.com\n\n7');
await page.getByLabel('Legal basis').fill('GDPR, article 17(1)(b)');
await page.getByLabel('Reference', { exact: true }).fill('DSR-2026-0117');
await look('erasure_add');
await button('Erase').click();
await dialog.getByText('2 people are erased everywhere.').waitFor();
await look('erasure_question');
await dialog.getByRole('button', { name: 'Erase' }).click();
await heading('DSR-2026-0117');
await page.locator('main .status').getByText('Completed').waitFor({ timeout: 60_000 });
await page.getByRole('row').filter({ hasText: 'Lists at Campaign Monitor' }).waitFor();
assert.ok(!(await page.locator('main').innerText()).includes('person3@'), 'the page names nobody');
await look('erasure');
assert.ok(!(await saved(button('Download as JSON'))).includes('person3@'));
assert.equal((await saved(button('Download signed'))).split('.').length, 3);

// The person asks for mail again.
await button('Let them be sent again').click();
await dialog.getByLabel('Why').fill('The person has subscribed again');
await dialog.getByRole('button', { name: 'Let them be sent again' }).click();
await page.getByText('“The person has subscribed again”').waitFor();
await nav('Erasures').click();
await page.getByRole('row').filter({ hasText: 'DSR-2026-0117' }).waitFor();
await look('erasures');
for (const path of ['erasures', 'erasures/add']) {
  await at(path, '?lang=pseudo');
  await page.locator('main h1').filter({ hasText: '[' }).waitFor();
  assert.deepEqual(await foreign('main h1, main .lead, main form'), [], path);
}
await close();
