// From what `make try` begins with to the first finished run, and from there to why somebody is not on the list: a
// marketer who reads only the screen. Every click is counted.
// Usage: node console_stopwatch.mjs URL ENGINE

import assert from 'node:assert/strict';
import { open } from './console_page.mjs';

const [url, engine] = process.argv.slice(2);
const [CLICKS_TO_A_RUN, SECONDS_TO_A_RUN] = [12, 180];
const CLICKS_TO_AN_ANSWER = 4;

const { page, button, link, heading, close } = await open(url, engine);
await page.getByRole('combobox', { name: 'Role to try' }).selectOption('Contributor');
await page.getByText('contributor@example.com').first().waitFor();
await heading('From a segment to a list');

let clicks = 0;
/** Goes where the screen says; what is chosen already needs no click. */
async function click(one) {
  clicks += 1;
  await one.click();
}
const step = (name) => page.getByRole('heading', { level: 2, name }).waitFor();

// What comes next stands at the start; each step has one thing to choose, or none.
const began = Date.now();
await click(link('Add export'));
await step('Connection');
assert.ok(await page.getByRole('radio').first().isChecked(), 'the only connection is chosen');
await click(button('Continue'));
await step('List');
await click(page.getByRole('radio', { name: 'Newsletter', exact: true }).first());
await page.getByText('On the list now').waitFor();
await click(button('Continue'));
await step('Segments');
await click(page.getByRole('checkbox').first());
await click(button('Continue'));
await step('Data matching');
await click(button('Continue'));
await step('Changes and leavers');
await click(button('Continue'));
await step('Name and options');
await click(button('Save'));
await click(button('Run now'));
await page.locator('.progress').getByText('Completed with errors').waitFor({ timeout: 120_000 });
assert.ok(clicks <= CLICKS_TO_A_RUN, `${clicks} clicks to the first finished run`);
const seconds = Math.round((Date.now() - began) / 1000);
console.log(`The first run had ended after ${clicks} clicks and ${seconds} seconds.`);
assert.ok(seconds <= SECONDS_TO_A_RUN, `${seconds} seconds to the first finished run`);

// The run lists who is not on the list; what the service knows of one of them is two clicks away.
clicks = 0;
await click(button('Show').first());
const row = page.getByRole('table', { name: 'People who were not put on the list' }).getByRole('row').nth(1);
const customer = await row.getByRole('rowheader').innerText();
await click(page.getByRole('navigation', { name: 'Areas' }).getByRole('link', { name: 'Find a person', exact: true }));
await page.getByLabel('Email or customer').fill(customer);
await click(button('Find'));
const answer = page.locator('section p.strong').first();
await answer.waitFor();
assert.match(await answer.innerText(), /\w.*\.$/);
assert.notEqual(await answer.innerText(), 'What is kept does not say.');
assert.ok(clicks <= CLICKS_TO_AN_ANSWER, `${clicks} clicks to why somebody is not on the list`);
console.log(`Why somebody is not on the list: ${clicks} clicks.`);
await close();
