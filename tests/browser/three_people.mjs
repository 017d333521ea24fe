// An administrator, a contributor and a viewer in Swagger UI: who connects, who exports, who looks, who is refused.
// Usage: node three_people.mjs URL INSTANCE API_KEY LIST_ID ADMIN_TOKEN CONTRIBUTOR_TOKEN VIEWER_TOKEN [FOLDER FOR PICTURES]

import assert from 'node:assert/strict';
import { open } from './swagger_ui.mjs';

const [url, instance, apiKey, listId, admin, contributor, viewer, folder] = process.argv.slice(2);
const { logIn, execute, ended, picture, visit, close } = await open(url, instance);

/** Executes an operation that must be answered with `status`; returns the body. A name makes a picture of it. */
async function step(status, name, ...call) {
  const { value, status: answered, block } = await execute(...call);
  assert.equal(answered, status, `${call[1]}: ${JSON.stringify(value)}`);
  if (name && folder) await picture(block, `${folder}/${name}.png`);
  return value;
}

// The administrator adds a connection with a name. Nothing is connected without consent.
await logIn(admin);
const connection = { displayName: 'Campaign Monitor - newsletter', type: 'campaignMonitor' };
const refused = await step(422, 'consent', 'connections', 'create_connection', {}, connection);
assert.equal(refused.errorCode, 'consentRequired');
const agreed = { ...connection, consent: { agreed: true } };
const saved = await step(201, null, 'connections', 'create_connection', {}, agreed);
assert.equal(saved.status, 'pendingAuthentication');
assert.equal(saved.allowedRoles, 'admins', 'administrators only, unless somebody decides otherwise');
const id = saved.connectionId;
const credentials = { kind: 'apiKey', apiKey };
assert.equal((await step(200, null, 'connections', 'set_credentials', { id }, credentials)).status, 'pendingExportUser');
const connected = await step(200, 'connected', 'connections', 'add_export_user', { id });
assert.equal(connected.status, 'connected');
assert.equal(connected.exportUser.subject, 'Admin@example.com');

// Instead of keeping a key here, the administrator signs in at Campaign Monitor, on a page of theirs, and agrees there.
const begun = await step(200, 'authorize', 'connections', 'authorize_connection', { id });
const tab = await visit(begun.authorizeUrl);
assert.match(await tab.innerText('h1'), /Allow access/);
if (folder) await tab.screenshot({ path: `${folder}/agree.png` });
await tab.getByRole('button', { name: 'Allow access' }).click();
await tab.getByRole('heading', { name: 'Campaign Monitor is connected.' }).waitFor();
assert.equal(new URL(tab.url()).host, new URL(url).host, 'back at the service');
if (folder) await tab.screenshot({ path: `${folder}/signed_in.png` });
await tab.close();
const signedIn = await step(200, 'oauth', 'connections', 'get_connection', { id });
assert.deepEqual([signedIn.status, signedIn.credential.kind], ['connected', 'oauth']);

// The contributor registers a segment, but sees no connection to export it over, and may not make one.
await logIn(contributor);
await step(201, null, 'segments', 'put_segment', { name: 'HighValue' }, { displayName: 'High value' });
const rows = 'CustomerId,Email,City\n1,ann@example.com,Riga\n2,bob@example.com,Oslo\n3,not an address,Oslo\n';
await step(200, null, 'segments', 'put_members', { name: 'HighValue' }, rows, 'text/csv');
assert.deepEqual((await step(200, null, 'connections', 'list_connections')).items, []);
await step(403, null, 'connections', 'create_connection', {}, agreed);

// The administrator shares it; now the contributor sees its name and type, and no more.
await logIn(admin);
await step(200, null, 'connections', 'update_connection', { id }, { allowedRoles: 'adminsAndContributors' });
await logIn(contributor);
const [shared] = (await step(200, 'shared', 'connections', 'list_connections')).items;
assert.deepEqual(Object.keys(shared).sort(), ['connectionId', 'displayName', 'type']);

// The contributor configures an export. Saving it does not run it; running it is a step of its own.
const made = await step(201, 'export', 'exports', 'create_export', {}, {
  displayName: 'High value to newsletter', connectionId: id, listId, segments: ['HighValue'],
  mapping: { email: 'Email', customFields: [{ field: 'City', key: 'city' }] },
});
assert.equal(made.lastRun, null);
const started = await step(202, null, 'runs', 'start_run', { id: made.exportId });
const run = await ended(started.runId);
if (folder) await picture(run.block, `${folder}/run.png`);
assert.equal(run.value.status, 'completedWithErrors', JSON.stringify(run.value));
assert.equal(run.value.counts.created, 2);
const { items } = await step(200, 'rejections', 'runs', 'list_rejections', { id: started.runId });
assert.deepEqual(items.map(({ customerId, outcome }) => [customerId, outcome]), [['3', 'invalid']]);

// The viewer looks at exports and runs, and neither changes anything nor sees anybody's address.
await logIn(viewer);
const seen = await step(200, null, 'exports', 'get_export', { id: made.exportId });
assert.equal(seen.permissions, 'view');
assert.equal((await step(200, null, 'runs', 'get_run', { id: started.runId })).counts.created, 2);
await step(403, null, 'connections', 'list_connections');
await step(403, null, 'runs', 'list_rejections', { id: started.runId });
await step(403, null, 'runs', 'start_run', { id: made.exportId });

// The administrator plans a refresh for every morning. When Customer Insights reports that one has finished, the export
// runs with it: both people are on the list already, and are updated.
await logIn(admin);
const planned = await step(200, 'schedule', 'schedules', 'put_schedule', {}, {
  active: true, recurrence: 'daily', timezone: 'Europe/Riga', times: ['06:00'],
});
assert.equal(planned.nextRunsUtc.length, 5);
const refresh = await step(202, 'refresh', 'refreshes', 'report_refresh', {}, { refreshId: '2026-11-24T06:00' });
assert.deepEqual(refresh.started.map(({ exportId }) => exportId), [made.exportId]);
const refreshed = await ended(refresh.started[0].runId);
assert.equal(refreshed.value.submissionKind, 'scheduled');
assert.equal(refreshed.value.counts.updated, 2, JSON.stringify(refreshed.value));

// At last the administrator removes the connection. While the export uses it that is refused; detached, the export keeps
// its configuration and is inactive, and the connection can go.
const inUse = await step(409, 'in_use', 'connections', 'delete_connection', { id });
assert.deepEqual(inUse.dependants.map(({ exportId }) => exportId), [made.exportId]);
await step(200, null, 'connections', 'detach_connection', { id });
await step(204, null, 'connections', 'delete_connection', { id });
const left = await step(200, 'inactive', 'exports', 'get_export', { id: made.exportId });
assert.deepEqual([left.state, left.mapping.email], ['inactive', 'Email']);
assert.deepEqual((await step(200, null, 'connections', 'list_connections')).items, []);
await close();
