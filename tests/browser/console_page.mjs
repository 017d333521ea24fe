// The console as people use it, below a path prefix, in Chromium or Firefox: each state is checked for accessibility in
// light and dark, for narrow and magnified screens in both languages, for motion, and for asking no other host.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, request as forward } from 'node:http';
import axe from 'axe-core';
import { chromium, firefox } from 'playwright-core';

const PREFIX = '/below/here/';
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run'];
/**
 * Debian's browsers. Of Firefox, Playwright drives its own build, or by WebDriver BiDi the one that people have; that one
 * has no command for what a person prefers, so its settings say it, and `paint` the colours. (Playwright 1.65 gives that
 * command to every Firefox, which ends the session.)
 */
const ENGINES = {
  chromium: {
    launch: () => chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS }),
    prefers: { reducedMotion: 'reduce' },
    paint: (page, colorScheme) => page.emulateMedia({ colorScheme, reducedMotion: 'reduce' }),
  },
  firefox: {
    launch: () =>
      firefox.launch({
        channel: 'moz-firefox',
        executablePath: '/usr/bin/firefox-esr',
        headless: true,
        firefoxUserPrefs: { 'ui.prefersReducedMotion': 1 },
      }),
    prefers: { colorScheme: null, reducedMotion: null, forcedColors: null, contrast: null },
    paint: (page, colorScheme) =>
      page.evaluate((scheme) => document.documentElement.style.setProperty('color-scheme', scheme), colorScheme),
  },
};
/** A screen of 1280 pixels at a zoom of 400 % and of 200 %. */
const WIDTHS = [320, 640];

/** A browser of one of the two kinds. */
export const launch = (engine) => ENGINES[engine].launch();

/** A proxy that serves the service below a path, as an ingress does. */
async function below(url) {
  const server = createServer((question, answer) => {
    const { hostname, port } = new URL(url);
    const path = question.url.startsWith(PREFIX) ? question.url.slice(PREFIX.length - 1) : '/nothing';
    // A connection that was kept may be one that the service is closing just then: each call gets its own.
    const { method, headers } = question;
    const call = forward({ agent: false, hostname, port, path, method, headers }, (reply) => {
      answer.writeHead(reply.statusCode, reply.headers);
      reply.pipe(answer);
    });
    call.on('error', () => answer.destroy());
    answer.on('close', () => call.destroy());
    question.pipe(call);
  });
  // The same between the browser and this: nothing is closed while the browser may use it.
  server.keepAliveTimeout = 0;
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return { server, address: `http://127.0.0.1:${server.address().port}${PREFIX}` };
}

/** A browser at the console of the service at `url`. With a folder, `look` makes those `pictures`, in both languages. */
export async function open(url, engine, folder, pictures = []) {
  const { server, address } = await below(url);
  const { prefers, paint } = ENGINES[engine];
  const browser = await launch(engine);
  const context = await browser.newContext({
    viewport: { width: 1200, height: 800 },
    locale: 'en',
    ...prefers,
  });
  const page = await context.newPage();
  // Every wait is for something that comes: a slow machine gets the time, and a fast one does not need it.
  page.setDefaultTimeout(60_000);
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

  const settle = () => page.waitForFunction(() => !/^(Loading|Ielādē)/.test(document.querySelector('h1')?.textContent ?? ''));

  async function accessible(name) {
    for (const colorScheme of ['light', 'dark']) {
      await paint(page, colorScheme);
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(
        (values) =>
          globalThis.axe.run({ runOnly: { type: 'tag', values }, rules: { 'target-size': { enabled: true } } }),
        RULES,
      );
      const found = violations.flatMap(({ id, nodes }) =>
        nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`),
      );
      assert.deepEqual(found, [], `${name} in ${colorScheme}`);
    }
    await paint(page, 'light');
  }

  async function narrow(name) {
    for (const size of WIDTHS) {
      await page.setViewportSize({ width: size, height: 640 });
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= size, `${name} is ${width} pixels wide on a screen of ${size}`);
    }
    await page.setViewportSize({ width: 1200, height: 800 });
  }

  async function still(name) {
    const moving = await page.evaluate(() => document.getAnimations().length);
    assert.equal(moving, 0, `${name} moves, although the reader wants no motion`);
  }

  /** Changes the language as the menu does, also behind a dialog; false where the page is in the language of tests. */
  async function speak(language) {
    const known = await page.evaluate((wanted) => {
      const menu = [...document.querySelectorAll('header select')].find((one) => one.querySelector('[value=lv]'));
      if (!menu?.value) return false;
      menu.value = wanted;
      return menu.dispatchEvent(new Event('input', { bubbles: true }));
    }, language);
    if (known) await page.waitForFunction((wanted) => document.documentElement.lang === wanted, language);
    return known;
  }

  async function picture(name, from) {
    await page.evaluate(() => scrollTo(0, 0));
    if (from) await from.evaluate((element) => element.scrollIntoView());
    await page.waitForTimeout(150);
    const session = await page.context().newCDPSession(page);
    const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 70 });
    await session.detach();
    await writeFile(`${folder}/console_${name}.webp`, Buffer.from(data, 'base64'));
  }

  /** Checks the page as it stands. A picture begins with the heading `from`, else with the top. */
  async function look(name, from) {
    await settle();
    await page.waitForTimeout(150);
    await still(name);
    await accessible(name);
    await narrow(name);
    const isPicture = folder && pictures.includes(name);
    const shown = await from?.elementHandle();
    if (isPicture) await picture(name, shown);
    if ((await page.getAttribute('html', 'lang')) === 'en' && (await speak('lv'))) {
      await settle();
      await narrow(`${name} in Latvian`);
      if (isPicture) await picture(`${name}_lv`, shown);
      await speak('en');
    }
    await page.evaluate(() => scrollTo(0, 0));
  }

  /** Goes there by the key Tab alone. */
  async function tabTo(locator) {
    const isThere = () => locator.evaluate((element) => element === document.activeElement);
    for (let n = 0; n < 80 && !(await isThere()); n += 1) await page.keyboard.press('Tab');
    assert.ok(await isThere(), 'the keyboard gets there');
  }

  /**
   * The text of the file that a click saves. Firefox says nothing of files that a page makes itself, so there the page is
   * asked what it made.
   */
  async function saved(one) {
    if (engine === 'chromium') {
      const [file] = await Promise.all([page.waitForEvent('download'), one.click()]);
      return readFile(await file.path(), 'utf8');
    }
    await page.evaluate(() => {
      const make = URL.createObjectURL;
      globalThis.made = new Promise((done) => {
        URL.createObjectURL = (file) => {
          URL.createObjectURL = make;
          done(file.text());
          return make.call(URL, file);
        };
      });
    });
    await one.click();
    return page.evaluate(() => globalThis.made);
  }

  /** Types something else into a field: a field of numbers has no selection that a program may set in every browser. */
  async function retype(locator, text) {
    await locator.focus();
    await page.keyboard.press('Control+A');
    await page.keyboard.type(text);
    assert.equal(await locator.inputValue(), text);
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
  /** Waits for a page. What is there in its place says why it does not come. */
  async function heading(name) {
    try {
      await page.getByRole('heading', { level: 1, name }).waitFor();
    } catch (error) {
      console.error(`${page.url()}\n${await page.locator('main').innerText()}`);
      throw error;
    }
  }
  return { page, address, look, button, link, heading, tabTo, retype, saved, foreign, close };
}
