// How calls are made: in the reader's language, in the name of who is signed in now, and not with what has expired.

import { deepEqual, equal, rejects } from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

Object.defineProperty(globalThis, 'navigator', { value: { languages: ['lv', 'en'] }, configurable: true });
Object.assign(globalThis, {
  document: { baseURI: 'https://example.com/console/', documentElement: { lang: '' } },
});
// What is read when a module is loaded must be there before.
const { api, Failure, onRenewal, renewed, use } = await import('../src/core/api.ts');
const { choose } = await import('../src/core/i18n.ts');
const { saidOf } = await import('../src/core/said.ts');

type Call = { token: string | null; language: string | null };
let calls: Call[] = [];
let signedOut = 0;
let valid = 'first';

/** A service that accepts the token that is valid. */
function answer(problem: object, language = 'en'): typeof fetch {
  return async (_, request) => {
    const headers = new Headers(request?.headers);
    const token = headers.get('Authorization')?.replace('Bearer ', '') ?? null;
    calls.push({ token, language: headers.get('Accept-Language') });
    if (token !== valid) return Response.json({ errorCode: 'unauthenticated', status: 401 }, { status: 401 });
    return Response.json(problem, {
      status: 'errorCode' in problem ? 422 : 200,
      headers: { 'Content-Language': language },
    });
  };
}

const who = (...tokens: string[]) => ({
  role: 'Admin' as const,
  name: 'Ann',
  instances: [],
  token: async () => tokens.shift() ?? valid,
});

beforeEach(() => {
  [calls, signedOut, valid] = [[], 0, 'first'];
  globalThis.fetch = answer({ items: [] });
});
const asks = (session: ReturnType<typeof who>) => use(session, 'instance', () => (signedOut += 1));

test('a call says which language its reader has chosen', async () => {
  asks(who());
  await choose('lv');
  await api('get', '/exports');
  await choose('en');
  await api('get', '/exports');
  await choose('pseudo');
  await api('get', '/exports');
  deepEqual(
    calls.map(({ language }) => language),
    ['lv', 'en', 'en'],
  );
});

test('a token that has expired is renewed once, and then its person is asked', async () => {
  asks(who('old', 'first'));
  await api('get', '/exports');
  deepEqual([calls.map(({ token }) => token), signedOut], [['old', 'first'], 0]);
  asks(who('old', 'older'));
  await rejects(api('get', '/exports'), Failure);
  equal(signedOut, 1);
});

test('a call that was under way when somebody signed in again is repeated with the new token', async () => {
  const service = answer({ items: [] });
  asks(who('old', 'old'));
  globalThis.fetch = async (...all) => {
    if (calls.length === 1) asks(who('first'));
    return service(...all);
  };
  await api('get', '/exports');
  deepEqual([calls.at(-1)?.token, signedOut], ['first', 0]);
});

test('a listener hears of every new sign-in, until it stops listening', () => {
  let told = 0;
  const leave = onRenewal(() => (told += 1));
  renewed();
  leave();
  renewed();
  equal(told, 1);
});

test('an error in the language of its reader is said in its own words, and another one is translated', async () => {
  const error = { pointer: '/mapping/email', code: 'unknownField', message: 'Segmentam “P” nav lauka “Mail”.' };
  const problem = { errorCode: 'unprocessable', status: 422, detail: error.message, errors: [error] };
  asks(who());
  await choose('lv');
  const said = async (language: string) => {
    globalThis.fetch = answer(problem, language);
    const failure = (await api('get', '/exports').catch((one: unknown) => one)) as InstanceType<typeof Failure>;
    const [first] = failure.problem.errors ?? [];
    return first && saidOf('fieldError', first, failure.problem.language).text;
  };
  equal(await said('lv'), error.message);
  equal(await said('lv, en'), 'Segmenta datos šāda lauka nav, vai to nevar saskaņot.');
  await choose('en');
});
