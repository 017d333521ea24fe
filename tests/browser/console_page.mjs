// The console as people use it, below a path prefix, in a browser: each page is checked for accessibility in light and
// dark, for the narrowest phone, and for asking no other host.

import assert from 'node:assert/strict';
import { createServer, request as forward } from 'node:http';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

const PREFIX = '/below/here/';
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run'];

/** A proxy that serves the service below a path, as an ingress does. */
async function below(url) {
  const server = createServer((question, answer) => {
    const { hostname, port } = new URL(url);
    const path = question.url.startsWith(PREFIX) ? question.url.slice(PREFIX.length - 1) : '/nothing';
    const call = forward({ hostname, port, path, method: question.method, headers: question.headers }, (reply) => {
      answer.writeHead(reply.statusCode, reply.headers);
      reply.pipe(answer);
    });
    call.on('error', () => answer.destroy());
    answer.on('close', () => call.destroy());
    question.pipe(call);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return { server, address: `http://127.0.0.1:${server.address().port}${PREFIX}` };
}

/** A browser at the console of the service at `url`. With a folder, `look` makes those `pictures`. */
export async function open(url, folder, pictures) {
  const { server, address } = await below(url);
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
  const context = await browser.newContext({
    viewport: { width: 1200, height: 800 },
    locale: 'en',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const [hosts, mistakes] = [new Set(), []];
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol.startsWith('http')) hosts.add(host);
  });
  page.on('pageerror', (error) => mistakes.push(String(error)));
  page.on('console', (line) => {
    // The browser writes a line for each answer that is an error, and some are meant to be.
    if (line.type() === 'error' && !/Failed to load resource/.test(line.text())) mistakes.push(line.text());
  });

  const settle = () => page.waitForFunction(() => !document.querySelector('h1')?.textContent.startsWith('Loading'));

  async function accessible(name) {
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(
        (values) => globalThis.axe.run({ runOnly: { type: 'tag', values } }),
        RULES,
      );
      const found = violations.flatMap(({ id, nodes }) =>
        nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`),
      );
      assert.deepEqual(found, [], `${name} in ${colorScheme}`);
    }
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  }

  async function narrow(name) {
    await page.setViewportSize({ width: 320, height: 640 });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 320, `${name} is ${width} pixels wide on a screen of 320`);
    await page.setViewportSize({ width: 1200, height: 800 });
  }

  /** Checks the page as it stands. A picture begins with the heading `from`, else with the top. */
  async function look(name, from) {
    await settle();
    await page.waitForTimeout(150);
    await accessible(name);
    await narrow(name);
    await page.evaluate(() => scrollTo(0, 0));
    if (from) await from.evaluate((element) => element.scrollIntoView());
    if (folder && pictures.includes(name)) await page.screenshot({ path: `${folder}/console_${name}.png` });
  }

  /** Goes there by the key Tab alone. */
  async function tabTo(locator) {
    const isThere = () => locator.evaluate((element) => element === document.activeElement);
    for (let n = 0; n < 80 && !(await isThere()); n += 1) await page.keyboard.press('Tab');
    assert.ok(await isThere(), 'the keyboard gets there');
  }

  /** Texts that no catalogue has, where the page is in the language of the test: that one puts all in brackets. */
  async function foreign(frame) {
    const texts = await page.locator(frame).evaluateAll((frames) =>
      frames.flatMap((one) => {
        const walker = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
        const found = [];
        while (walker.nextNode())
          if (walker.currentNode.parentElement.tagName !== 'OPTION') found.push(walker.currentNode.data.trim());
        return found.filter(Boolean);
      }),
    );
    return texts.filter(
      (text) => !/^\[.*\]$/.test(text) && !/^[✓←!–]?$/.test(text) && !text.startsWith('When you let this'),
    );
  }

  async function close() {
    assert.deepEqual([...hosts], [new URL(address).host], 'the console asks no other host');
    assert.deepEqual(mistakes, []);
    await browser.close();
    server.closeAllConnections();
    server.close();
  }

  await page.goto(`${address}console/`);
  const button = (name) => page.getByRole('button', { name, exact: true });
  const link = (name) => page.getByRole('link', { name, exact: true });
  const heading = (name) => page.getByRole('heading', { level: 1, name }).waitFor();
  return { page, address, look, button, link, heading, tabTo, foreign, close };
}
