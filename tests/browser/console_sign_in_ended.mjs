// A sign-in at the identity provider ends while somebody types. With a refresh token nobody notices; without one, a window
// over the page signs in again, and the page keeps what was typed.
// Usage: node console_sign_in_ended.mjs URL window|silent

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const [url, renewal] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu'],
});
const page = await browser.newPage();
page.setDefaultTimeout(30_000);
const mistakes = [];
page.on('pageerror', (error) => mistakes.push(String(error)));
const tokens = new Set();
page.on('request', (request) => {
  const { authorization } = request.headers();
  if (authorization) tokens.add(authorization.replace('Bearer ', ''));
});
const button = (where, name) => where.getByRole('button', { name, exact: true });

await page.goto(`${url}console/#/segments/add`);
await button(page, 'Sign in').click();
await page.locator('[name=login]').fill('ann@example.com');
await page.locator('[name=password]').fill('anything');
await button(page, 'Sign-in').click();
await button(page, 'Continue').click();
await page.getByRole('heading', { level: 1, name: 'Add segment' }).waitFor();
await page.getByLabel('Display name').fill('Typed before');
await page
  .getByLabel('File with the members')
  .setInputFiles({ name: 'members.csv', mimeType: 'text/csv', buffer: Buffer.from('CustomerId,Email\n1,a@example.com\n') });

const [first] = tokens;
const { exp } = JSON.parse(Buffer.from(first.split('.')[1], 'base64url').toString());
await page.waitForTimeout(Math.max(0, exp * 1000 - Date.now()) + 1500);
const ended = page.getByText('Your sign-in has ended.');
await button(page, 'Save').click();
if (renewal === 'window') {
  await ended.waitFor();
  const [opened] = await Promise.all([page.waitForEvent('popup'), button(page, 'Sign in').click()]);
  // The provider still knows who it is, and asks at most whether to go on.
  const agree = button(opened, 'Continue');
  await Promise.race([opened.waitForEvent('close'), agree.click()]).catch(() => {});
  if (!opened.isClosed()) await opened.waitForEvent('close');
  await ended.waitFor({ state: 'detached' });
  assert.equal(await page.getByLabel('Display name').inputValue(), 'Typed before');
  await button(page, 'Save').click();
}
await page.getByRole('heading', { level: 1, name: 'Typed before' }).waitFor();
assert.equal(await ended.count(), 0);
assert.ok(tokens.size > 1, 'the page calls with a new token');
const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
for (const token of tokens) assert.ok(!stored.includes(token.split('.')[1]), stored);
assert.deepEqual(mistakes, []);
await browser.close();
