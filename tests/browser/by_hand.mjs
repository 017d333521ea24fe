// The main job by hand in Swagger UI: connect, fill a segment, configure an export, run it, read what became of it.
// Usage: node by_hand.mjs URL TOKEN INSTANCE API_KEY LIST_ID

import assert from 'node:assert/strict';
import { open } from './swagger_ui.mjs';

const [url, token, instance, apiKey, listId] = process.argv.slice(2);
const { logIn, execute, ended, close } = await open(url, instance);
await logIn(token);

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

const run = await ended(started.value.runId);
assert.equal(run.value.status, 'completedWithErrors', JSON.stringify(run.value));
assert.equal(run.value.counts.created, 2);
assert.equal(run.value.counts.invalid, 1);
await close();
