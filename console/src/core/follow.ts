// Reads something anew when what it is about changes: a while after the last change, and one reading at a time.

/** Milliseconds after the last change. What takes long to read is read less often, up to the second of them. */
const [QUIET, QUIET_MAX] = [600, 5000];

export interface Follower<Q> {
  /** Reads the answer to this question, in place of one that is still read. */
  ask(question: Q, isAtOnce?: boolean): void;
  stop(): void;
}

export function follow<Q, A>(
  read: (question: Q, signal: AbortSignal) => Promise<A>,
  answered: (question: Q, answer: Promise<A>) => void,
): Follower<Q> {
  let current = new AbortController();
  let before = Promise.resolve();
  let took = 0;
  async function turn(earlier: Promise<void>, question: Q, wait: number, { signal }: AbortController) {
    await pause(wait, signal);
    // The one before was stopped, and ends soon.
    await earlier;
    if (signal.aborted) return;
    const began = Date.now();
    const answer = read(question, signal);
    await answer.catch(() => {});
    if (signal.aborted) return;
    took = Date.now() - began;
    answered(question, answer);
  }
  return {
    ask(question, isAtOnce = false) {
      current.abort();
      current = new AbortController();
      const wait = isAtOnce ? 0 : Math.min(Math.max(QUIET, took), QUIET_MAX);
      before = turn(before, question, wait, current);
    },
    stop: () => current.abort(),
  };
}

/** Ends early when it is stopped. */
const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      done();
    });
  });
