// Where the time of a run went, the calls that it made, and what came of the planned times of an export.
// Usage: node console_observe.mjs URL API_KEY LIST_ID ENGINE [FOLDER FOR PICTURES]

import assert from 'node:assert/strict';
import { caller, connected, ended, people } from './console_calls.mjs';
import { open } from './console_page.mjs';

const [url, apiKey, listId, engine, folder] = process.argv.slice(2);
/** The states that docs/CONSOLE.md shows. */
const PICTURES = ['expectations', 'requests', 'timeline'];
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

const { page, address, look, button, heading, close } = await open(url, engine, folder, PICTURES);
const at = (path) => page.goto(`${address}console/#/${path}`);
const section = (name) => page.locator('section').filter({ has: page.getByRole('heading', { level: 2, name, exact: true }) });

await at(`runs/${runId}`);
await heading('Run of “People to newsletter”');
await page.getByText('Show what the run waited for').click();
await page.getByText('from when it was submitted').waitFor();
await page.getByText('Calls to Campaign Monitor:').waitFor();
const calls = section('Calls to Campaign Monitor');
await calls.getByRole('button', { name: 'Show' }).click();
await calls.getByRole('cell', { name: /^POST .*import/ }).first().waitFor();
assert.ok(!(await calls.innerText()).includes('person7@example.com'), 'addresses are masked');
await look('timeline', section('Where the time went').getByRole('heading'));
await look('requests', calls.getByRole('heading'));

// The months of a calendar can be turned; a month without planned times says so.
await at(`exports/${exportId}`);
const planned = section('Planned and actual');
await planned.getByText('Nothing was planned in this month.').waitFor();
await planned.getByText('Age of the data on the list').waitFor();
await button('Month before').click();
await planned.getByRole('columnheader', { name: 'Monday' }).waitFor();
await look('expectations', planned.getByRole('heading', { level: 2 }));
await close();
