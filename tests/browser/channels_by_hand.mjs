// A channel of each kind by hand in Swagger UI, each with its test; then somebody breaks a run, and repairs it.
// Usage: node channels_by_hand.mjs URL TOKEN INSTANCE RECEIVER EXPORT CONNECTION API_KEY

import assert from 'node:assert/strict';
import { open } from './swagger_ui.mjs';

const [url, token, instance, receiver, exportId, connectionId, apiKey] = process.argv.slice(2);
const { logIn, execute, ended, close } = await open(url, instance);
await logIn(token);

for (const [kind, target] of [
  ['email', { to: ['ann@example.com'] }],
  ['slack', { url: receiver }],
  ['teams', { url: receiver }],
  ['webhook', { url: receiver }],
]) {
  const made = await execute('alerts', 'create_channel', {}, { displayName: `By ${kind}`, kind, ...target });
  assert.equal(made.status, 201, JSON.stringify(made.value));
  assert.equal(typeof made.value.secret, kind === 'webhook' ? 'string' : 'undefined');
  const tested = await execute('alerts', 'test_channel', { id: made.value.channelId });
  assert.deepEqual(tested.value.deliveries.map((one) => one.status), ['delivered'], JSON.stringify(tested.value));
}

/** Runs the export with an API key: how the run ended. */
async function runWith(key) {
  const credentials = { kind: 'apiKey', apiKey: key };
  const set = await execute('connections', 'set_credentials', { id: connectionId }, credentials);
  assert.equal(set.status, 200, JSON.stringify(set.value));
  const started = await execute('runs', 'start_run', { id: exportId });
  assert.equal(started.status, 202, JSON.stringify(started.value));
  return (await ended(started.value.runId)).value.status;
}

/** Reads the alerts until there are some, and all of them are in this status. */
async function alertsAre(status) {
  let last = null;
  for (let tries = 0; tries < 20; tries += 1) {
    last = (await execute('alerts', 'list_alerts')).value;
    if (last.items.length && last.items.every((alert) => alert.status === status)) return;
  }
  assert.fail(`not all are ${status}: ${JSON.stringify(last)}`);
}

assert.equal(await runWith('a-key-that-is-wrong'), 'failed');
await alertsAre('open');
assert.equal(await runWith(apiKey), 'successful');
await alertsAre('resolved');
await close();
