// A mail about an alert as a reader of mails shows it: its HTML alone, without scripts and without anything from outside,
// wide and narrow. Usage: node mail.mjs FILE [PICTURE]

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const [file, picture] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 760, height: 420 } });
const page = await context.newPage();
const requests = [];
page.on('request', (request) => requests.push(request.url()));
await page.setContent(readFileSync(file, 'utf8'));
await page.getByRole('heading', { level: 1 }).waitFor();
assert.ok((await page.getByRole('rowheader').count()) >= 4, 'the facts are a table with heads');
assert.deepEqual(requests, [], 'it loads nothing, so nobody learns that it is read');
if (picture) {
  const session = await context.newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 70 });
  writeFileSync(picture, Buffer.from(data, 'base64'));
}
await page.setViewportSize({ width: 320, height: 640 });
const { scrollWidth, clientWidth } = await page.locator('html').evaluate(({ scrollWidth, clientWidth }) => ({
  scrollWidth,
  clientWidth,
}));
assert.ok(scrollWidth <= clientWidth, `on a phone nobody scrolls sideways: ${scrollWidth} of ${clientWidth}`);
await browser.close();
