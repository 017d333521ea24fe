// The whole tour by this client: connection, segment, upload, export, run, events, rejections, receipt.

import assert from 'node:assert/strict';
import { openAsBlob } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import * as api from 'segment-export-client';
import { apiKey, collected, listId, options, parquet, service } from './settings.js';

const MEMBERS = 'CustomerId,Email,City\n1,ann@example.com,Riga\n2,bob@example.com,Oslo\n3,not an address,Oslo\n';

async function connect(displayName: string): Promise<string> {
  const credentials = { kind: 'apiKey', apiKey } as const;
  const body = { displayName, type: 'campaignMonitor', consent: { agreed: true }, credentials } as const;
  const headers = { 'Idempotency-Key': `tour-${crypto.randomUUID()}` };
  const { data, response } = await api.createConnection({ ...service.at(), body, headers });
  assert.ok(response.headers.get('location')?.endsWith(data.connectionId));
  const again = await api.createConnection({ ...service.at(), body, headers });
  assert.equal(again.data.connectionId, data.connectionId, 'the same key creates once');
  const of = service.at({ id: data.connectionId });
  assert.equal((await api.addExportUser(of)).data.status, 'connected');
  assert.ok((await api.verifyConnection(of)).data.ok);
  return data.connectionId;
}

async function refusal(call: Promise<unknown>): Promise<api.ProblemError> {
  const error = await call.then(() => undefined, (error: unknown) => error);
  assert.ok(error instanceof api.ProblemError, String(error));
  return error;
}

test('the tour', async () => {
  const connectionId = await connect('Campaign Monitor - TypeScript');
  const name = 'TypeScript';
  await api.putSegment({ ...service.at({ name }), body: { displayName: name } });
  assert.equal((await api.uploadMembers(service, name, MEMBERS, { format: 'csv' })).memberCount, 3);

  const body: api.NewExportBody = {
    displayName: name, connectionId, listId, segments: [name],
    mapping: { email: 'Email', customFields: [{ field: 'City', key: 'city' }] },
  };
  const wrong = api.createExport({ ...service.at(), body: { ...body, mapping: { email: 'Mail' } } });
  const problem = await refusal(wrong);
  assert.deepEqual([problem.status, problem.errorCode], [422, 'unprocessable']);
  assert.equal(problem.errors[0]?.pointer, '/mapping/email');
  const { data: made } = await api.createExport({ ...service.at(), body });
  const { data: started, response } = await api.startRun(service.at({ id: made.exportId }));
  assert.equal(response.status, 202);

  const seen: api.RunView[] = [];
  const run = await api.waitForRun(service, started.runId, { onChange: (run) => seen.push(run) });
  assert.deepEqual(seen.at(-1), run);
  assert.deepEqual([run.status, run.reason?.code], ['completedWithErrors', 'profilesNotExported']);
  assert.equal(run.counts.created + run.counts.updated, 2);

  const of = service.at({ id: run.runId });
  const rejections = await collected(api.everyItem((query) => api.listRejections({ ...of, query })));
  assert.deepEqual(rejections.map(({ customerId, outcome }) => [customerId, outcome]), [['3', 'invalid']]);
  const csv = await api.listRejections({ ...of, headers: { Accept: 'text/csv' } });
  assert.match(String(csv.data), /^.*customerId.*\r\n.*3,/);
  const { data: receipt } = await api.getReceipt(of);
  assert.equal((receipt as api.Receipt).runId, run.runId);
});

test('an unknown run is a problem', async () => {
  const missing = await refusal(api.waitForRun(service, '0198c5a2-7d3e-7b4c-9a51-3f6c2d8e1b47'));
  assert.deepEqual([missing.status, missing.errorCode, missing.problem?.culprit], [404, 'notFound', 'user']);
  const stranger = api.createService({ ...options, token: 'none' });
  assert.equal((await refusal(api.listRuns(stranger.at()))).errorCode, 'unauthenticated');
});

test('members go up in every form', async () => {
  const name = 'Forms';
  await api.putSegment({ ...service.at({ name }), body: { displayName: name } });
  const count = async (members: api.Members, options: api.UploadOptions): Promise<unknown> =>
    (await api.uploadMembers(service, name, members, options)).memberCount;
  const lines = '{"CustomerId":"1"}\n{"CustomerId":"2"}\n';
  assert.equal(await count(lines, { format: 'ndjson' }), 2);
  assert.equal(await count(await openAsBlob(parquet), { format: 'parquet' }), 10);
  assert.equal(await count(MEMBERS.replaceAll(',', ';'), { format: 'csv', delimiter: ';', gzip: 'compress' }), 3);
  assert.equal(await count(new Uint8Array(gzipSync(lines)), { format: 'ndjson', gzip: 'compressed' }), 2);
  const stream = (): api.Members => new Blob([MEMBERS]).stream();
  assert.equal(await count(stream(), { format: 'csv' }), 3);
  assert.equal(await count(stream(), { format: 'csv', gzip: 'compress' }), 3);

  const broken = await refusal(count('CustomerId\n1\n1\n', { format: 'csv' }));
  assert.equal(broken.errorCode, 'invalidMembers');
  const stale = await refusal(count(lines, { format: 'ndjson', ifMatch: '"1"' }));
  assert.equal(stale.errorCode, 'changed');
});

test('the generated upload sends what it is given', async () => {
  const name = 'Generated';
  await api.putSegment({ ...service.at({ name }), body: { displayName: name } });
  const csv = await api.putMembers({ ...service.at({ name }), body: new Blob([MEMBERS]), query: { format: 'csv' } });
  assert.equal(csv.data.memberCount, 3);
  const file = await openAsBlob(parquet);
  const columns = await api.putMembers({ ...service.at({ name }), body: file, query: { format: 'parquet' } });
  assert.equal(columns.data.memberCount, 10);
});
