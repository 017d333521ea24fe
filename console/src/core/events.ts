// A run as it goes: each change as it happens, through lost connections and expired tokens.

import { eventsOf, Failure, failureOf, type Schemas } from './api.ts';

const pause = (seconds: number, signal: AbortSignal) =>
  new Promise<void>((done) => {
    setTimeout(done, seconds * 1000);
    signal.addEventListener('abort', () => done(), { once: true });
  });

/** Calls `show` with each state of the run until it has ended; ends early when `signal` does. */
export async function follow(
  runId: string,
  show: (run: Schemas['RunView']) => void,
  signal: AbortSignal,
): Promise<void> {
  let seen = '';
  while (!signal.aborted) {
    const answer = await eventsOf(runId, seen, signal).catch((error: unknown) => {
      if (error instanceof Failure) return null;
      throw error;
    });
    const status = answer?.status ?? 0;
    if (answer?.body && status === 200) {
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = ''; ;) {
        const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }));
        if (done) break;
        const events = (text + value).split('\n\n');
        text = events.pop() ?? '';
        for (const event of events) {
          const field = (name: string) => event.match(new RegExp(`^${name}: (.*)$`, 'm'))?.[1];
          seen = field('id') ?? seen;
          if (field('event') === 'run') show(JSON.parse(field('data') ?? ''));
          if (field('event') === 'end') return;
        }
      }
    } else if (answer && status !== 429 && status < 500) {
      throw await failureOf(answer);
    }
    await pause(Number(answer?.headers.get('Retry-After') ?? 1), signal);
  }
}
