// The main job by hand in Swagger UI: connect, fill a segment, configure an export, run it, read what became of it.
// Usage: node swagger_ui.mjs URL TOKEN INSTANCE API_KEY LIST_ID

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const [url, token, instance, apiKey, listId] = process.argv.slice(2);
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
const page = await browser.newPage({ viewport: { width: 1400, height: 1600 } });
page.setDefaultTimeout(20_000);
const hosts = new Set();
page.on('request', (request) => {
  const { protocol, host } = new URL(request.url());
  if (protocol.startsWith('http')) hosts.add(host);
});
const mistakes = [];
page.on('pageerror', (error) => mistakes.push(String(error)));

// Opens an operation, fills in its parameters and body, executes it, and returns what the page shows of the answer.
async function execute(tag, operation, parameters = {}, body = undefined, contentType = undefined) {
  const block = page.locator(`#operations-${tag}-${operation}`);
  await block.locator('.opblock-summary-control').click();
  await block.locator('.try-out__btn').click();
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
  await block.locator('.execute').click();
  const live = block.locator('.live-responses-table .response').first();
  await block.locator('.loading-container').waitFor({ state: 'detached' });
  await live.waitFor();
  const status = Number.parseInt(await live.locator('.response-col_status').innerText(), 10);
  const text = await live.locator('.highlight-code pre').first().innerText();
  return { status, value: JSON.parse(text), block };
}

await page.goto(`${url}swagger-ui/`);
await page.locator('.btn.authorize').first().click();
await page.locator('#auth-bearer-value').fill(token);
await page.locator('.auth-btn-wrapper .authorize').click();
await page.locator('.auth-btn-wrapper .btn-done').click();

const connection = await execute('connections', 'create_connection', {}, {
  displayName: 'By hand', type: 'campaignMonitor', consent: { agreed: true },
  credentials: { kind: 'apiKey', apiKey },
});
assert.equal(connection.status, 201, JSON.stringify(connection.value));
const connectionId = connection.value.connectionId;
const user = await execute('connections', 'add_export_user', { id: connectionId });
assert.equal(user.value.status, 'connected');

const segment = await execute('segments', 'put_segment', { name: 'HighValue' }, { displayName: 'High value' });
assert.ok([200, 201].includes(segment.status), JSON.stringify(segment.value));
const members = await execute('segments', 'put_members', { name: 'HighValue' },
  'CustomerId,Email,City\n1,ann@example.com,Riga\n2,bob@example.com,Oslo\n3,not an address,Oslo\n', 'text/csv');
assert.equal(members.value.memberCount, 3);

const made = await execute('exports', 'create_export', {}, {
  displayName: 'High value to newsletter', connectionId, listId, segments: ['HighValue'],
  mapping: { email: 'Email', customFields: [{ field: 'City', key: 'city' }] },
});
assert.equal(made.status, 201, JSON.stringify(made.value));
const started = await execute('runs', 'start_run', { id: made.value.exportId });
assert.equal(started.status, 202, JSON.stringify(started.value));

let run = await execute('runs', 'get_run', { id: started.value.runId });
for (const block = run.block; ['queued', 'running'].includes(run.value.status);) {
  await page.waitForTimeout(200);
  run = await answer(block);
}
await page.screenshot({ path: 'run.png' });
assert.equal(run.value.status, 'completedWithErrors', JSON.stringify(run.value));
assert.equal(run.value.counts.created, 2);
assert.equal(run.value.counts.invalid, 1);

assert.deepEqual([...hosts], [new URL(url).host], 'the page asks no other host');
assert.deepEqual(mistakes, []);
await browser.close();
