// A person signs in to the console at the identity provider, comes back to the page that was asked for, and nothing that
// is stored in the browser has a token.
// Usage: node console_sign_in.mjs URL ENGINE

import assert from 'node:assert/strict';
import { launch } from './console_page.mjs';

const [url, engine] = process.argv.slice(2);
const browser = await launch(engine);
// What a person prefers has no command in Debian's Firefox (console_page.mjs).
const page = await browser.newPage({ colorScheme: null, reducedMotion: null, forcedColors: null, contrast: null });
page.setDefaultTimeout(60_000);
const mistakes = [];
page.on('pageerror', (error) => mistakes.push(String(error)));
let token = '';
page.on('request', (request) => {
  token = request.headers().authorization?.replace('Bearer ', '') ?? token;
});

await page.goto(`${url}console/#/segments`);
await page.getByRole('button', { name: 'Sign in' }).click();
await page.locator('[name=login]').fill('ann@example.com');
await page.locator('[name=password]').fill('anything');
await page.getByRole('button', { name: 'Sign-in' }).click();
await page.getByRole('button', { name: 'Continue' }).click();

await page.getByRole('heading', { level: 1, name: 'Segments' }).waitFor();
assert.equal(page.url(), `${url}console/#/segments`, 'neither code nor state stay in the address');
await page.getByText('There is no segment yet').waitFor();
assert.equal(await page.getByRole('link', { name: 'Audit' }).count(), 0, 'the token says that this is a contributor');
assert.ok(token.split('.').length === 3);
const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
assert.ok(!stored.includes(token.split('.')[1]), stored);

await page.reload();
await page.getByRole('button', { name: 'Sign in' }).waitFor();
assert.deepEqual(mistakes, []);
await browser.close();
