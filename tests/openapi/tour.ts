// The whole tour as the front end makes it, with nothing but calls that the OpenAPI document types.
// Usage: node built/tour.js URL TOKEN INSTANCE API_KEY LIST_ID

import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { components, paths } from './api.js';

type Run = components['schemas']['RunView'];
type NewExport = components['schemas']['NewExportBody'];

const [url = '', token = '', instanceId = '', apiKey = '', listId = ''] = process.argv.slice(2);
const api = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${token}` } });

/** The body of an answer that must be a success. */
function good<T>({ data, error, response }: { data?: T; error?: unknown; response: Response }): T {
  assert.ok(data !== undefined, `${response.status}: ${JSON.stringify(error)}`);
  assert.ok(response.headers.get('x-request-id'));
  return data;
}

/** The problem of an answer that must be a refusal. */
function refused<T>({ error, response }: { error?: T; response: Response }, status: number): T {
  assert.equal(response.status, status, JSON.stringify(error));
  assert.ok(error !== undefined);
  return error;
}

async function connect(): Promise<string> {
  const body = {
    displayName: 'Campaign Monitor - newsletter', type: 'campaignMonitor', consent: { agreed: true },
    credentials: { kind: 'apiKey', apiKey },
  } as const;
  const params = { path: { instanceId }, header: { 'Idempotency-Key': 'tour-connection' } };
  const path = '/v1/instances/{instanceId}/connections';
  const first = await api.POST(path, { params, body });
  const made = good(first);
  assert.ok(first.response.headers.get('location')?.endsWith(made.connectionId));

  const again = await api.POST(path, { params, body });
  assert.equal(again.response.headers.get('idempotency-replayed'), 'true');
  assert.equal(good(again).connectionId, made.connectionId, 'the same key creates once');
  const other = await api.POST(path, { params, body: { ...body, displayName: 'Another' } });
  assert.equal(refused(other, 409).errorCode, 'idempotencyKeyReused');
  return made.connectionId;
}

/** Two people change the same connection: the second one is told. */
async function conflict(id: string): Promise<void> {
  const path = '/v1/instances/{instanceId}/connections/{id}';
  const read = await api.GET(path, { params: { path: { instanceId, id } } });
  const etag = read.response.headers.get('etag') ?? '';
  assert.equal(etag, `"${good(read).version}"`);
  const change = (displayName: string) =>
    api.PATCH(path, { params: { path: { instanceId, id }, header: { 'If-Match': etag } }, body: { displayName } });
  assert.equal(good(await change('Campaign Monitor - offers')).displayName, 'Campaign Monitor - offers');
  assert.equal(refused(await change('Campaign Monitor - news'), 412).errorCode, 'changed');
}

async function complete(id: string): Promise<void> {
  const params = { path: { instanceId, id } };
  const connection = good(await api.PUT('/v1/instances/{instanceId}/connections/{id}/export-user', { params }));
  assert.equal(connection.status, 'connected');
  const verified = good(await api.POST('/v1/instances/{instanceId}/connections/{id}/verify', { params }));
  assert.ok(verified.ok, JSON.stringify(verified.checks));
  const { clients } = good(await api.GET('/v1/instances/{instanceId}/connections/{id}/lists', { params }));
  assert.ok(clients.some((client) => client.lists.some((list) => list.listId === listId)));
}

async function fill(name: string, members: string): Promise<void> {
  const params = { path: { instanceId, name } };
  const body = { displayName: 'High value', source: { kind: 'upload' } } as const;
  good(await api.PUT('/v1/instances/{instanceId}/segments/{name}', { params, body }));
  const upload = await api.PUT('/v1/instances/{instanceId}/segments/{name}/members', {
    params, body: members, bodySerializer: (text) => text, headers: { 'Content-Type': 'text/csv' },
  });
  assert.equal(good(upload).memberCount, 3);
}

async function configure(connectionId: string): Promise<string> {
  const params = { path: { instanceId } };
  const path = '/v1/instances/{instanceId}/exports';
  const body: NewExport = {
    displayName: 'High value to newsletter', connectionId, listId, segments: ['HighValue'],
    mapping: { email: 'Email', customFields: [{ field: 'City', key: 'city' }] },
    schedule: { kind: 'systemRefresh', active: true },
  };
  const wrong = await api.POST(path, { params, body: { ...body, mapping: { email: 'Mail' } } });
  assert.equal(refused(wrong, 422).errors?.[0]?.pointer, '/mapping/email');
  return good(await api.POST(path, { params, body })).exportId;
}

async function start(id: string): Promise<string> {
  const params = { path: { instanceId, id } };
  const started = await api.POST('/v1/instances/{instanceId}/exports/{id}/runs', { params });
  assert.equal(started.response.status, 202);
  return good(started).runId;
}

/** Follows the stream of events to its end. */
async function follow(id: string): Promise<void> {
  const stream = await api.GET('/v1/instances/{instanceId}/runs/{id}/events', {
    params: { path: { instanceId, id } }, parseAs: 'text',
  });
  const events = good(stream).split('\n\n').filter((event) => event !== '');
  assert.ok(events.at(-1)?.startsWith('event: end\n'), events.at(-1));
  for (const event of events.filter((event) => event.startsWith('event: run\n'))) {
    const data = event.split('\n').find((line) => line.startsWith('data: '))?.slice('data: '.length);
    addsUp(JSON.parse(data ?? '') as Run);
  }
}

function addsUp({ counts }: Run): void {
  const { selected, resubscribed, changedAddresses, leavers, ...parts } = counts;
  assert.equal(Object.values(parts).reduce((sum, part) => sum + part), selected);
  assert.ok(resubscribed + changedAddresses <= parts.updated);
  const { found, ...outcomes } = leavers;
  assert.equal(Object.values(outcomes).reduce((sum, part) => sum + part), found);
}

async function account(id: string): Promise<void> {
  const params = { path: { instanceId, id } };
  const run = good(await api.GET('/v1/instances/{instanceId}/runs/{id}', { params }));
  assert.equal(run.status, 'completedWithErrors');
  assert.equal(run.reason?.code, 'profilesNotExported');
  assert.equal(run.counts.created + run.counts.updated, 2);
  const rejections = good(await api.GET('/v1/instances/{instanceId}/runs/{id}/rejections', { params }));
  assert.ok(typeof rejections !== 'string', 'JSON, as nothing else was asked for');
  assert.deepEqual(rejections.items.map(({ customerId, outcome }) => [customerId, outcome]), [['3', 'invalid']]);
  assert.equal(rejections.nextCursor, null);
}

const connectionId = await connect();
await conflict(connectionId);
await complete(connectionId);
await fill('HighValue', 'CustomerId,Email,City\n1,ann@example.com,Riga\n2,bob@example.com,Oslo\n3,not an address,Oslo\n');
const runId = await start(await configure(connectionId));
await follow(runId);
await account(runId);
const gone = await api.GET('/v1/instances/{instanceId}/runs/{id}', { params: { path: { instanceId, id: connectionId } } });
assert.equal(refused(gone, 404).errorCode, 'notFound');
