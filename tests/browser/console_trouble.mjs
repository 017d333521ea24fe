// When things go wrong: Campaign Monitor fails in the middle of a run, the stream of events breaks off, tokens expire
// while somebody types, two tabs show one run, and two people change one export.
// Usage: node console_trouble.mjs URL API_KEY LIST_ID SANDBOX ENGINE

import assert from 'node:assert/strict';
import { caller, connected, people } from './console_calls.mjs';
import { open } from './console_page.mjs';

const [url, apiKey, listId, sandbox, engine] = process.argv.slice(2);
const faults = async (plan) => {
  const answer = await fetch(`${sandbox}sandbox/faults`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(plan),
  });
  assert.equal(answer.status, 200, await answer.text());
};
const uploads = { path: 'subscribers/', method: 'POST' };

const call = await caller(url);
const connectionId = await connected(call, apiKey);
await call('contributor', 'PUT', '/segments/People', { displayName: 'People' });
await call('contributor', 'PUT', '/segments/People/members', people(0, 2500), 'text/csv');
const { exportId } = await call('contributor', 'POST', '/exports', {
  displayName: 'People to newsletter',
  connectionId,
  listId,
  segments: ['People'],
  mapping: { email: 'Email' },
});

const { page, address, look, button, heading, close } = await open(url, engine);
const dialog = page.getByRole('dialog');
const at = (path) => page.goto(`${address}console/#/${path}`);
const status = (tab, text) => tab.locator('.progress').getByText(text).waitFor({ timeout: 60_000 });

// Campaign Monitor hangs up, is overloaded and answers half: the run goes on, the page follows it, and nobody is lost.
await faults([
  { match: uploads, kind: 'dropAfter', times: 1 },
  { match: uploads, kind: { status: { status: 503, html: true } }, skip: 1, times: 2 },
  { match: uploads, kind: 'halfAnswer', skip: 4, times: 1 },
]);
await at(`exports/${exportId}`);
await button('Run now').click();
await heading('Run of “People to newsletter”');
await status(page, 'Successful');
await page.getByText('2,500 profiles selected').waitFor();
const parts = await page.locator('.counts .legend strong').allInnerTexts();
const sum = parts.reduce((before, text) => before + Number(text.replaceAll(',', '')), 0);
assert.equal(sum, 2500, 'the bar adds up');

// Campaign Monitor rejects every call: the page says whose turn it is, and what to do.
await faults([{ match: uploads, kind: { status: { status: 401, code: 50 } } }]);
await button('Run again').click();
await status(page, 'Failed');
await page.getByText('Ask an administrator to enter the credentials again.').waitFor();
await look('failed');
await at(`connections/${connectionId}`);
await page.getByText('Campaign Monitor no longer accepts the credentials.').waitFor();
await look('needs_attention');
await faults([]);
await page.getByLabel('New API key').fill(apiKey);
await button('Use this key').click();
await page.getByText('This connection is ready.').waitFor();

// Two tabs show one run, and the stream of one breaks off in the middle of an event. A cancel in one is seen in both. The
// run has so many calls of so many seconds that it does not end before somebody cancels it, however slow the browser is.
await call('contributor', 'PUT', '/segments/People/members', people(0, 100_000), 'text/csv');
const events = (text) => ({ status: 200, contentType: 'text/event-stream', body: text });
let streams = 0;
await page.route('**/events', (route) =>
  (streams += 1) <= 2 ? route.fulfill(events('id: 1\nevent: run\ndata: {"broken')) : route.continue(),
);
await faults([{ match: uploads, kind: { latency: { ms: 3000 } } }]);
await at(`exports/${exportId}`);
await button('Run now').click();
await status(page, 'Running');
const other = await page.context().newPage();
await other.goto(page.url());
await status(other, 'Running');
await other.getByRole('button', { name: 'Cancel this run' }).click();
await other.getByRole('dialog').getByRole('button', { name: 'Cancel the run' }).click();
await Promise.all([status(page, 'Canceled'), status(other, 'Canceled')]);
assert.ok(streams > 2, 'a stream that broke is followed again');
await other.close();
await page.bringToFront();
await faults([]);

// A token expires while somebody edits an export: what was typed is still there after signing in again.
await at(`exports/${exportId}/edit`);
await page.locator('.steps li').nth(5).getByRole('button').click();
await page.getByLabel('Display name').fill('Everybody to newsletter');
const expired = { status: 401, json: { errorCode: 'unauthenticated', culprit: 'user', status: 401, detail: '' } };
const saving = `**/exports/${exportId}`;
await page.route(saving, (route) => (route.request().method() === 'PATCH' ? route.fulfill(expired) : route.continue()));
await button('Save').click();
await page.getByText('Your sign-in has ended.').waitFor();
assert.equal(await page.getByLabel('Display name').inputValue(), 'Everybody to newsletter');
await look('token_expired');
await page.unroute(saving);
await button('Sign in').click();
await page.getByText('Your sign-in has ended.').waitFor({ state: 'detached' });
assert.equal(await page.getByLabel('Display name').inputValue(), 'Everybody to newsletter');
await button('Save').click();
await heading('Everybody to newsletter');

// Somebody else changes the export meanwhile: the second one is told, and overwrites nothing.
await at(`exports/${exportId}/edit`);
await page.locator('.steps li').nth(5).getByRole('button').click();
await page.getByLabel('Display name').fill('Mine');
await call('admin', 'PATCH', `/exports/${exportId}`, { displayName: 'Theirs' });
await button('Save').click();
await page.getByRole('alert').getByText('It was changed since you read it').waitFor();
await look('conflict');
assert.equal((await call('viewer', 'GET', `/exports/${exportId}`)).displayName, 'Theirs');

// Somebody removes what is shown.
await call('admin', 'DELETE', `/exports/${exportId}`);
await at(`exports/${exportId}`);
await page.getByRole('alert').getByText('Not found').waitFor();
await page.getByText('It may have been removed. Go back to the list.').waitFor();
await look('gone');

// The service does not respond: the page says so, and offers to try again.
await page.route('**/v1/**', (route) => route.abort());
await at('segments');
await page.getByRole('alert').getByText('The service does not respond').first().waitFor();
await look('unreachable');
await page.unroute('**/v1/**');
await button('Try again').first().click();
await page.getByRole('rowheader', { name: 'People' }).waitFor();
assert.equal(await dialog.count(), 0);
await close();
