// Swagger UI as a person uses it: log in with a token, open an operation, fill it in, execute it, read the answer.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** A browser on the Swagger UI of the service at `url`, for the operations of `instance`. */
export async function open(url, instance) {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const hosts = new Set();
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol.startsWith('http')) hosts.add(host);
  });
  const mistakes = [];
  page.on('pageerror', (error) => mistakes.push(String(error)));
  page.on('console', (line) => {
    if (line.text().includes('Content Security Policy')) mistakes.push(line.text());
  });

  /** Starts afresh as the bearer of a token. */
  async function logIn(token) {
    await page.goto(`${url}swagger-ui/`);
    await page.evaluate(() => localStorage.clear());
    await page.reload();
    const authorize = page.locator('.btn.authorize').first();
    await authorize.waitFor();
    await page.locator('.opblock-tag').first().waitFor();
    console.log(`Swagger UI: ${await page.evaluate(() => Math.round(performance.now()))} ms`);
    assert.equal(await page.locator('.opblock-tag-section .opblock').count(), 0, 'the groups are closed');
    const { y } = await authorize.boundingBox();
    assert.ok(y < page.viewportSize().height, `Authorize is seen without scrolling, and not ${y} pixels down`);
    await authorize.click();
    await page.locator('#auth-bearer-value').fill(token);
    await page.locator('.auth-btn-wrapper .authorize').click();
    await page.locator('.auth-btn-wrapper .btn-done').click();
  }

  /** Opens an operation, fills in its parameters and body, executes it, and returns what the page shows of the answer. */
  async function execute(tag, operation, parameters = {}, body = undefined, contentType = undefined) {
    const block = page.locator(`#operations-${tag}-${operation}`);
    if (!(await block.count())) await page.locator(`#operations-tag-${tag}`).click();
    await block.waitFor();
    const isOpen = await block.evaluate((element) => element.classList.contains('is-open'));
    if (!isOpen) await block.locator('.opblock-summary-control').click();
    await block.locator('.try-out__btn').first().waitFor();
    if (!(await block.locator('.execute').count())) await block.locator('.try-out__btn').click();
    for (const [name, value] of Object.entries({ instanceId: instance, ...parameters })) {
      await block.locator(`tr[data-param-name="${name}"] input`).fill(value);
    }
    if (contentType) await block.locator('.opblock-section-request-body .content-type').selectOption(contentType);
    if (body !== undefined) {
      const text = typeof body === 'string' ? body : JSON.stringify(body, null, 2);
      await block.locator('.opblock-section-request-body textarea').fill(text);
    }
    return answer(block);
  }

  async function answer(block) {
    // The answer of before must not be taken for that of now.
    if (await block.locator('.btn-clear').count()) await block.locator('.btn-clear').click();
    await block.locator('.execute').click();
    const live = block.locator('.live-responses-table .response').first();
    await block.locator('.loading-container').waitFor({ state: 'detached' });
    await live.waitFor();
    const status = Number.parseInt(await live.locator('.response-col_status').innerText(), 10);
    const text = status === 204 ? 'null' : await live.locator('.highlight-code pre').first().innerText();
    return { status, value: JSON.parse(text), block };
  }

  /** The run once it has ended, asked for again and again as a person would. */
  async function ended(id) {
    let run = await execute('runs', 'get_run', { id });
    for (const block = run.block; ['queued', 'running'].includes(run.value.status);) {
      await page.waitForTimeout(200);
      run = await answer(block);
    }
    return run;
  }

  /** A picture of what an answer shows, with the call that it answers. */
  async function picture(block, path) {
    await block.locator('.live-responses-table').scrollIntoViewIfNeeded();
    await block.locator('.responses-inner > div').first().screenshot({ path });
  }

  /** Opens an address in a tab of its own, as a person does with one that an answer shows. */
  async function visit(address) {
    const tab = await context.newPage();
    tab.setDefaultTimeout(60_000);
    await tab.setViewportSize({ width: 760, height: 320 });
    await tab.goto(address);
    return tab;
  }

  /** Closes the browser: the page must have asked no other host, and made no mistake. */
  async function close() {
    assert.deepEqual([...hosts], [new URL(url).host], 'the page asks no other host');
    assert.deepEqual(mistakes, []);
    await browser.close();
  }

  return { logIn, execute, ended, picture, visit, close };
}
