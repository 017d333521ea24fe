// Calls to the API, with the types of its document: a path, its ids, its query, its body and its answer must fit.

import { SERVICE } from './config.ts';
import { languageTag } from './i18n.ts';
import type { components, paths } from './schema.ts';
import type { Session } from './session.ts';

export type Schemas = components['schemas'];
export type Problem = Schemas['Problem'] & {
  dependants?: Schemas['Dependant'][];
  runId?: string;
  /** The language of all that it says, where it is one; as `Content-Language` has it. */
  language?: string;
};

const PREFIX = '/v1/instances/{instanceId}';
type Full = keyof paths;
export type Path = Full extends infer F ? (F extends `${typeof PREFIX}${infer Rest}` ? Rest : never) : never;
export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Operation<M extends Method, P extends Path> = paths[`${typeof PREFIX}${P}` & Full][M];
type Json<T> = T extends { content: { 'application/json': infer J } } ? J : never;
type Body<O> = O extends { requestBody?: infer B } ? Json<NonNullable<B>> : never;
type Query<O> = O extends { parameters: { query?: infer Q } } ? Q : never;
type Ids<O> = O extends { parameters: { path: infer I } } ? Omit<I, 'instanceId'> : never;
export type Answer<M extends Method, P extends Path> =
  Operation<M, P> extends { responses: infer R } ? Json<R[keyof R & (200 | 201 | 202)]> : never;

export interface Options<O> {
  ids?: Ids<O>;
  query?: Query<O>;
  body?: Body<O>;
  /** The version that a change begins from: the call fails when somebody else was faster. */
  version?: number | undefined;
  /** The same for every try of one click. */
  key?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** An error that the service answered, or that kept the call from reaching it. */
export class Failure extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

let session: Session | null = null;
let instance = '';
let signedOut = () => {};
const renewals = new EventTarget();

/** Says for whom, and for which instance, calls are made from now on. */
export function use(who: Session, instanceId: string, onSignedOut: () => void): void {
  [session, instance, signedOut] = [who, instanceId, onSignedOut];
}

/** Tells the page that somebody has signed in again, so that it repeats what the service has rejected meanwhile. */
export const renewed = (): boolean => renewals.dispatchEvent(new Event('renewed'));

/** Calls `then` after each new sign-in; returns what ends that. */
export function onRenewal(then: () => void): () => void {
  renewals.addEventListener('renewed', then);
  return () => renewals.removeEventListener('renewed', then);
}

export const newKey = (): string => crypto.randomUUID();

function address(path: string, ids: object = {}, query: object = {}): string {
  const full = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String((ids as Record<string, unknown>)[name] ?? '')),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value != null && value !== '') search.set(name, String(value));
  return `${SERVICE}v1/instances/${encodeURIComponent(instance)}${full}${search.size ? `?${search}` : ''}`;
}

export const unreachable = (): Failure =>
  new Failure({
    type: 'about:blank',
    title: '',
    detail: '',
    status: 0,
    instance: '',
    culprit: 'system',
    // Ours: nothing answered.
    errorCode: 'unreachable' as string as Problem['errorCode'],
  });

export async function failureOf(answer: Response): Promise<Failure> {
  const language = answer.headers.get('Content-Language') ?? 'en';
  try {
    return new Failure({ ...((await answer.json()) as Problem), language });
  } catch {
    const problem = unreachable().problem;
    return new Failure({ ...problem, status: answer.status });
  }
}

/** Calls with a token; after a 401 once more with a new one. Who has signed in meanwhile counts as that. */
async function withToken<T extends { status: number }>(call: (headers: Record<string, string>) => Promise<T>) {
  for (let renew = false; ; renew = true) {
    const who = session;
    const token = await who?.token(renew).catch(() => '');
    const answer = await call({ 'Accept-Language': languageTag(), Authorization: `Bearer ${token ?? ''}` });
    if (answer.status !== 401) return answer;
    if (renew && who === session) {
      signedOut();
      return answer;
    }
  }
}

/** Sends a call in the name of who is signed in, and in the language that they read. */
export const send = (url: string, request: RequestInit, headers: Record<string, string> = {}): Promise<Response> =>
  withToken((own) =>
    fetch(url, { ...request, headers: { ...headers, ...own } }).catch((error: unknown) => {
      throw (error as Error).name === 'AbortError' ? error : unreachable();
    }),
  );

/** Calls one operation of the instance. */
export async function api<M extends Method, P extends Path>(
  method: M,
  path: P,
  options: Options<Operation<M, P>> = {},
): Promise<Answer<M, P>> {
  const { ids, query, body, version, key, headers, signal } = options;
  const all: Record<string, string> = { ...headers };
  if (body !== undefined) all['Content-Type'] = 'application/json';
  if (version !== undefined) all['If-Match'] = `"${version}"`;
  if (key) all['Idempotency-Key'] = key;
  const request: RequestInit = { method: method.toUpperCase(), ...(signal && { signal }) };
  if (body !== undefined) request.body = JSON.stringify(body);
  const answer = await send(address(path, ids as object, query as object), request, all);
  if (!answer.ok) throw await failureOf(answer);
  return (answer.status === 204 ? null : await answer.json()) as Answer<M, P>;
}

/** Reads something in another form than JSON. */
export async function read(path: Path, ids: object, query: object, type: string): Promise<Response> {
  const answer = await send(address(path, ids, query), {}, { Accept: type });
  if (!answer.ok) throw await failureOf(answer);
  return answer;
}

/** Saves something as a file: a list as CSV, unless `type` says otherwise. */
export async function download(path: Path, ids: object, query: object, name: string, type = 'text/csv'): Promise<void> {
  const answer = await read(path, ids, query, type);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Sends the members of a segment from a file. `fetch` does not say how much has been sent, so this is the older way. */
export async function upload(
  name: string,
  file: Blob,
  type: string,
  query: object,
  sent: (fraction: number) => void,
): Promise<Answer<'put', '/segments/{name}/members'>> {
  const put = (headers: Record<string, string>) =>
    new Promise<XMLHttpRequest>((done, fail) => {
      const request = new XMLHttpRequest();
      request.open('PUT', address('/segments/{name}/members', { name }, query));
      for (const [header, value] of Object.entries({ ...headers, 'Content-Type': type }))
        request.setRequestHeader(header, value);
      request.upload.onprogress = (event) => sent(event.total ? event.loaded / event.total : 0);
      request.onerror = () => fail(unreachable());
      request.onload = () => done(request);
      request.send(file);
    });
  const answer = await withToken(put);
  if (answer.status < 300) return JSON.parse(answer.responseText);
  const headers = new Headers({ 'Content-Language': answer.getResponseHeader('Content-Language') ?? 'en' });
  throw await failureOf(new Response(answer.responseText || null, { status: Math.max(answer.status, 400), headers }));
}

/** The stream of a run's events. */
export const eventsOf = (runId: string, seen: string, signal: AbortSignal): Promise<Response> =>
  send(address('/runs/{id}/events', { id: runId }), { signal }, seen ? { 'Last-Event-ID': seen } : {});
