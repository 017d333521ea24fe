// What is sent, and again, to a service that is played.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as api from 'segment-export-client';
import { acceptsKey } from '../src/calls.js';
import { collected } from './settings.js';

const ID = '0198c5a2-7d3e-7b4c-9a51-3f6c2d8e1b47';

/** A service that gives these answers in turn, and what it received. */
function played(answers: Response[], more: Partial<api.ServiceOptions> = {}): [api.Service, Request[]] {
  const received: Request[] = [];
  const fetch = async (request: RequestInfo | URL): Promise<Response> => {
    received.push(request as Request);
    return answers.shift() ?? Response.json({ items: [], nextCursor: null });
  };
  return [api.createService({ url: 'http://service', instanceId: ID, token: 'good', fetch, ...more }), received];
}

const busy = (status = 503): Response =>
  Response.json(
    { errorCode: 'unavailable', detail: 'Later.', traceId: '4bf9' },
    { status, headers: { 'Retry-After': '0' } },
  );
const sent = (requests: Request[], header: string): (string | null)[] => requests.map((r) => r.headers.get(header));

test('a call that creates is repeated with its key, and the next one has another', async () => {
  const [service, received] = played([busy(), busy(429)], { language: 'lv' });
  await api.startRun({ ...service.at({ id: ID }), body: { full: true } });
  await api.startRun(service.at({ id: ID }));
  const [first, ...rest] = sent(received, 'Idempotency-Key');
  assert.deepEqual(rest.slice(0, 2), [first, first]);
  assert.notEqual(rest[2], first);
  assert.deepEqual(sent(received, 'Accept-Language'), ['lv', 'lv', 'lv', 'lv']);
  assert.deepEqual(await received[2]?.json(), { full: true });
});

test('a call that accepts no key is not repeated after 503, nor is any when no time is named', async () => {
  const [service, received] = played([busy(), new Response('gateway', { status: 503 })]);
  const refused = (error: unknown): boolean => error instanceof api.ProblemError && error.status === 503;
  await assert.rejects(api.approveRun({ ...service.at({ id: ID }), body: { planHash: 'x' } }), refused);
  await assert.rejects(api.listRuns(service.at()), refused);
  assert.equal(received.length, 2);
});

test('a call that is to come much later is not repeated', async () => {
  const later = (after: string): Response => new Response('{}', { status: 503, headers: { 'Retry-After': after } });
  const [service, received] = played([later('3600'), later('Mon, 30 Nov 2026 06:00:00 GMT')]);
  for (const _ of [1, 2]) await assert.rejects(api.listRuns(service.at()), { status: 503 });
  assert.equal(received.length, 2);
});

test('repeats end', async () => {
  const [service, received] = played(Array.from({ length: 9 }, () => busy()), { repeats: 2 });
  await assert.rejects(api.listRuns(service.at()), { errorCode: 'unavailable', message: 'Later.', traceId: '4bf9' });
  assert.equal(received.length, 3);
});

test('what the document says accepts a key is what is repeated', () => {
  const document = JSON.parse(readFileSync('../../openapi/openapi.json', 'utf8'));
  for (const [path, item] of Object.entries<any>(document.paths)) {
    if (item.post === undefined) continue;
    const accepts = item.post.parameters.some(({ name }: { name: string }) => name === 'Idempotency-Key');
    assert.equal(acceptsKey(path), accepts, path);
  }
});

test('a token that is refused is renewed once', async () => {
  const refused = (): Response => Response.json({ errorCode: 'unauthenticated' }, { status: 401 });
  const token = (refused: boolean): string => (refused ? 'new' : 'old');
  const [service, received] = played([refused()], { token });
  await api.listRuns(service.at());
  assert.deepEqual(sent(received, 'Authorization'), ['Bearer old', 'Bearer new']);
  const [other, all] = played([refused(), refused()], { token });
  await assert.rejects(api.listRuns(other.at()), { errorCode: 'unauthenticated' });
  assert.equal(all.length, 2);
});

test('a list is read page by page', async () => {
  const pages = [{ items: [1, 2], nextCursor: 'x' }, { items: [3], nextCursor: null }];
  const [service, received] = played(pages.map((page) => Response.json(page)));
  const items = await collected(api.everyItem((query) => api.listRuns({ ...service.at(), query })));
  assert.deepEqual(items, [1, 2, 3]);
  assert.deepEqual(received.map(({ url }) => new URL(url).search), ['?limit=200', '?limit=200&cursor=x']);
});

test('a lost stream of events is continued after the last one', async () => {
  const events = (text: string): Response => new Response(text, { headers: { 'Content-Type': 'text/event-stream' } });
  const lost = events(': still here\n\nevent: run\nid: 7\ndata: {"status":"running"}\n\nevent: run\nid: 8\nda');
  const rest = events('event: run\nid: 9\ndata: {"status":"failed"}\n\nevent: end\nid: 9\ndata: {}\n\n');
  const [service, received] = played([lost, rest]);
  assert.equal((await api.waitForRun(service, ID)).status, 'failed');
  assert.deepEqual(sent(received, 'Last-Event-ID'), [null, '7']);
});

test('a stream of events that falls silent counts as lost', async ({ mock }) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const silent = new Response(new ReadableStream());
  const rest = new Response('event: run\nid: 9\ndata: {"status":"failed"}\n\nevent: end\nid: 9\ndata: {}\n\n');
  const [service, received] = played([silent, rest]);
  const waiting = api.waitForRun(service, ID);
  while (received.length < 2) {
    await new Promise((resolve) => setImmediate(resolve));
    mock.timers.tick(10_000);
  }
  assert.equal((await waiting).status, 'failed');
});

test('who follows a run may stop', async () => {
  const stop = new AbortController();
  const [service] = played([busy()], { repeats: 0 });
  const waiting = api.waitForRun(service, ID, { signal: stop.signal });
  stop.abort(new Error('enough'));
  await assert.rejects(waiting, { message: 'enough' });
});
