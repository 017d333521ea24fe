// What is changed is read anew: after a pause, one reading at a time. Only the newest answer is used.

import { deepEqual, equal } from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { follow } from '../src/core/follow.ts';

interface Reading {
  question: string;
  signal: AbortSignal;
  done(answer: string): void;
}

let readings: Reading[] = [];
let told: string[] = [];
let active = 0;

/** As `fetch` does: it fails when it is stopped. */
function read(question: string, signal: AbortSignal): Promise<string> {
  active += 1;
  equal(active, 1, 'never two at a time');
  return new Promise<string>((done, fail) => {
    readings.push({ question, signal, done });
    signal.addEventListener('abort', () => fail(new Error('stopped')));
  }).finally(() => (active -= 1));
}
const following = () => follow(read, (question, answer) => void answer.then((one) => told.push(question + one)));
/** Lets everything run that waits for nothing. */
const settled = () => new Promise((done) => setImmediate(done));
async function pass(milliseconds: number) {
  mock.timers.tick(milliseconds);
  await settled();
}

beforeEach(() => {
  [readings, told, active] = [[], [], 0];
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
});
afterEach(() => mock.timers.reset());
const asked = () => readings.map(({ question }) => question);

test('what is changed quickly is read once, a while after the last change', async () => {
  const follower = following();
  for (const question of ['a', 'b', 'c']) {
    follower.ask(question);
    await pass(500);
  }
  deepEqual(asked(), []);
  await pass(100);
  deepEqual(asked(), ['c']);
  readings[0]?.done('!');
  await settled();
  deepEqual(told, ['c!']);
});

test('a reading that is replaced ends before the next one begins, and its answer is not used', async () => {
  const follower = following();
  follower.ask('old', true);
  await pass(0);
  for (const question of ['between', 'new']) follower.ask(question, true);
  await pass(0);
  deepEqual(asked(), ['old']);
  readings[0]?.done('?');
  await settled();
  deepEqual([asked(), told], [['old', 'new'], []]);
  readings[1]?.done('!');
  await settled();
  deepEqual(told, ['new!']);
});

test('what takes long is read less often', async () => {
  const follower = following();
  follower.ask('slow', true);
  await pass(0);
  mock.timers.tick(3000);
  readings[0]?.done('!');
  await settled();
  follower.ask('next');
  await pass(2999);
  deepEqual(asked(), ['slow']);
  await pass(1);
  deepEqual(asked(), ['slow', 'next']);
});

test('what is stopped reads and tells nothing', async () => {
  const follower = following();
  follower.ask('one');
  follower.stop();
  await pass(10_000);
  deepEqual([asked(), told], [[], []]);
  follower.ask('two', true);
  await pass(0);
  follower.stop();
  await settled();
  deepEqual([asked(), told, readings[0]?.signal.aborted], [['two'], [], true]);
});
