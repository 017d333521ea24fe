// The example front end (examples/front-end) in a real Firefox: its rules for other origins and its EventSource are those
// of another engine. Playwright drives only a Firefox of its own; puppeteer drives that of Debian, by WebDriver BiDi.
//
// node front_end_firefox.mjs SERVICE TOKEN INSTANCE PORT FOLDER

import assert from 'node:assert/strict';
import puppeteer from 'puppeteer-core';
import { site } from './site.mjs';

const [url, token, instance, port, folder] = process.argv.slice(2);
const server = await site(port, folder);
const browser = await puppeteer.launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true });
try {
  const page = await browser.newPage();
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`http://127.0.0.1:${port}/`);
  for (const [name, value] of Object.entries({ service: url, instance, token })) {
    await page.locator(`input[name=${name}]`).fill(value);
  }
  await page.locator('#sign-in button').click();
  await page.locator('#exports button').click();
  await page.waitForFunction(() => document.getElementById('status').textContent.startsWith('successful'));
  assert.equal(await page.$eval('#problem', (problem) => problem.textContent), '');
  const streams = asked.filter((address) => address.includes('/events?ticket='));
  assert.equal(streams.length, 1, streams.join(' '));
  assert.ok(!asked.some((address) => address.includes(token)), 'the token stands in no address');
} finally {
  await browser.close();
  server.close();
}
