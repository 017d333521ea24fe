// Reads something anew when what it is about changes: a while after the last change, and one reading at a time.

/** Milliseconds after the last change. What takes long to read is read less often, up to the second of them. */
const [QUIET, QUIET_MAX] = [600, 5000];

export interface Follower<Q> {
  /** Reads the answer to this question after the reading before has ended. The answer of that one is not used. */
  ask(question: Q, isAtOnce?: boolean): void;
  stop(): void;
}

export function follow<Q, A>(
  read: (question: Q, signal: AbortSignal) => Promise<A>,
  answered: (question: Q, answer: Promise<A>) => void,
): Follower<Q> {
  let [waiting, reading] = [new AbortController(), new AbortController()];
  let before = Promise.resolve();
  let took = 0;
  async function turn(earlier: Promise<void>, question: Q, wait: number, { signal: replaced }: AbortController) {
    await pause(wait, replaced);
    // The service reads to its end also what nobody waits for any more: two at a time would take the places of others.
    await earlier;
    if (replaced.aborted) return;
    const own = (reading = new AbortController());
    const began = Date.now();
    const answer = read(question, own.signal);
    await answer.catch(() => {});
    if (own.signal.aborted) return;
    took = Date.now() - began;
    if (!replaced.aborted) answered(question, answer);
  }
  return {
    ask(question, isAtOnce = false) {
      waiting.abort();
      waiting = new AbortController();
      const wait = isAtOnce ? 0 : Math.min(Math.max(QUIET, took), QUIET_MAX);
      before = turn(before, question, wait, waiting);
    },
    stop() {
      waiting.abort();
      reading.abort();
    },
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
