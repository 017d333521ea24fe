// Follows a run by its stream of events, across restarts of the service and renewals of the token.

import { pause } from './calls.js';
import type { RunView } from './generated/index.js';
import { ProblemError, succeeded } from './problem.js';
import type { Service } from './service.js';

/** Seconds before the first connection after a lost one; each further one waits longer. */
const PAUSE_FIRST = 1;
const PAUSE_MOST = 30;
/** Seconds without a word after which a connection counts as lost: the service says something every 15. */
const SILENCE_MOST = 60;

/** One server-sent event. */
interface ServerEvent {
  name: string;
  id: string | undefined;
  data: string;
}

/** The run at each of its changes, up to its end. The signal ends it earlier, with the error of the signal. */
export async function* runChanges(
  service: Service,
  runId: string,
  { signal }: { signal?: AbortSignal } = {},
): AsyncGenerator<RunView, void> {
  let seen: string | undefined;
  for (let wait = PAUSE_FIRST; ; wait = Math.min(wait * 2, PAUSE_MOST)) {
    try {
      for await (const event of events(await connect(service, runId, seen, signal))) {
        seen = event.id ?? seen;
        wait = PAUSE_FIRST;
        if (event.name === 'run') yield JSON.parse(event.data) as RunView;
        if (event.name === 'end') return;
      }
    } catch (error) {
      const isFinal = error instanceof ProblemError && error.status !== 429 && error.status < 500;
      signal?.throwIfAborted();
      if (isFinal) throw error;
    }
    await pause(wait, signal);
  }
}

/** Waits until a run has ended. While it waits for an approval, it has not. */
export async function waitForRun(
  service: Service,
  runId: string,
  { signal, onChange }: { signal?: AbortSignal; onChange?: (run: RunView) => void } = {},
): Promise<RunView> {
  let last: RunView | undefined;
  for await (const run of runChanges(service, runId, signal && { signal })) {
    last = run;
    onChange?.(run);
  }
  if (last === undefined) throw new Error('The stream ended before it said what the run is.');
  return last;
}

async function connect(
  service: Service,
  runId: string,
  seen?: string,
  signal?: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const url = service.address(`/runs/${encodeURIComponent(runId)}/events`);
  const headers = { Accept: 'text/event-stream', ...(seen !== undefined && { 'Last-Event-ID': seen }) };
  const response = await succeeded(await service.send(() => new Request(url, { headers, signal: signal ?? null })));
  return response.body as ReadableStream<Uint8Array>;
}

/** The events of a stream, as they arrive. */
async function* events(stream: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent, void> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  try {
    for (let text = ''; ; ) {
      const lost = setTimeout(() => void reader.cancel(), SILENCE_MOST * 1000);
      const { value, done } = await reader.read().finally(() => clearTimeout(lost));
      if (done) return;
      const parts = (text + decoder.decode(value, { stream: true })).split('\n\n');
      text = parts.pop() ?? '';
      yield* parts.map(read);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** A comment is an event without a name. */
function read(part: string): ServerEvent {
  const field = (name: string): string | undefined => part.match(new RegExp(`^${name}: (.*)$`, 'm'))?.[1];
  return { name: field('event') ?? '', id: field('id'), data: field('data') ?? '' };
}
