// A page of another origin, in a real browser: what it may call and read when its origin is allowed, and that a page
// of any other origin reads nothing, and that no page may frame what the service shows.
//
// node other_origin.mjs SERVICE TOKEN INSTANCE ALLOWED_PORT

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';

const [url, token, instance, allowedPort] = process.argv.slice(2);
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run'];

/** A site of its own origin, with an empty page. */
async function site(port) {
  const server = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end('<!doctype html>'));
  await new Promise((listening) => server.listen(port, '127.0.0.1', listening));
  return { server, address: `http://127.0.0.1:${server.address().port}/` };
}

/** What a page can do: read a list, create with a key, read the headers that answers have, and an error. */
async function work({ api, token }) {
  const call = async (method, path, body, headers = {}) => {
    const answer = await fetch(api + path, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...headers },
      body: body && JSON.stringify(body),
    });
    const names = ['etag', 'location', 'x-request-id', 'idempotency-replayed', 'retry-after', 'content-disposition'];
    const seen = Object.fromEntries(names.map((name) => [name, answer.headers.get(name)]));
    return { status: answer.status, seen, value: await answer.json() };
  };
  try {
    const list = await call('GET', '/exports');
    const made = { displayName: 'From afar', type: 'campaignMonitor', consent: { agreed: true } };
    const key = { 'Idempotency-Key': 'from-afar' };
    const created = await call('POST', '/connections', made, key);
    const again = await call('POST', '/connections', made, key);
    const changed = await call('PATCH', `/connections/${created.value.connectionId}`, { displayName: 'Near' },
      { 'If-Match': created.seen.etag });
    const missing = await call('GET', '/nothing');
    return { list, created, again, changed, missing };
  } catch (error) {
    return { blocked: String(error) };
  }
}

const allowed = await site(Number(allowedPort));
const stranger = await site(0);
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
const page = await browser.newPage();
const argument = { api: `${url}v1/instances/${instance}`, token };

await page.goto(allowed.address);
const { list, created, again, changed, missing } = await page.evaluate(work, argument);
assert.equal(list.status, 200);
assert.ok(list.seen['x-request-id']);
assert.equal(created.status, 201);
assert.ok(created.seen.etag && created.seen.location);
assert.equal(again.seen['idempotency-replayed'], 'true');
assert.equal(changed.status, 200);
assert.equal(missing.status, 404);
assert.equal(missing.value.errorCode, 'notFound');

for (const path of ['swagger-ui/', 'oauth/campaign-monitor/callback']) {
  await page.setContent(`<iframe src="${url}${path}"></iframe>`);
  await page.waitForTimeout(1000);
  const frame = page.frames().find((frame) => frame !== page.mainFrame());
  assert.ok(!frame || !frame.url().startsWith(url), `${path} is not shown in a frame`);
}

await page.goto(stranger.address);
const seen = await page.evaluate(work, argument);
assert.match(seen.blocked ?? '', /Failed to fetch/, JSON.stringify(seen));

await browser.close();
for (const { server } of [allowed, stranger]) server.close();
