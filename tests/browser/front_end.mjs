// The example front end (examples/front-end) on an origin of its own, in a real browser: a person signs in with a pasted
// token, starts the export and sees the run to its end. The browser sends the token to the service alone, and never in
// an address.
//
// node front_end.mjs SERVICE TOKEN INSTANCE PORT FOLDER

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { site } from './site.mjs';

const [url, token, instance, port, folder] = process.argv.slice(2);
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run'];

const server = await site(port, folder);

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
const page = await browser.newPage();
const asked = [];
const errors = [];
page.on('request', (request) => asked.push(request.url()));
page.on('pageerror', (error) => errors.push(String(error)));
await page.goto(`http://127.0.0.1:${port}/`);

await page.getByLabel('Service').fill(url);
await page.getByLabel('Instance').fill(instance);
await page.getByLabel('Token').fill('no-token');
await page.getByRole('button', { name: 'Sign in' }).click();
await page.getByText('The bearer token is not valid').waitFor();

await page.getByLabel('Token').fill(token);
await page.getByRole('button', { name: 'Sign in' }).click();
await page.getByRole('button', { name: /^Run / }).click();
await page.getByRole('status').getByText(/^successful/).waitFor();
assert.equal(await page.locator('dt', { hasText: 'created' }).count(), 1);

const streams = asked.filter((address) => address.includes('/events?ticket='));
assert.equal(streams.length, 1, streams.join(' '));
assert.ok(!asked.some((address) => address.includes(token)), 'the token stands in no address');
assert.deepEqual(errors, []);

// Somebody who reads the ticket in a log opens nothing with it.
const stolen = await page.evaluate((address) => fetch(address).then((answer) => answer.status), streams[0]);
assert.equal(stolen, 401);

await browser.close();
server.close();
