// Calls to the API, with the types of its document: a path, its ids, its query, its body and its answer must fit.

import { SERVICE } from './config.ts';
import type { components, paths } from './schema.ts';
import type { Session } from './session.ts';

export type Schemas = components['schemas'];
export type Problem = Schemas['Problem'] & { dependants?: Schemas['Dependant'][]; runId?: string };

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

/** Says for whom, and for which instance, calls are made from now on. */
export function use(who: Session, instanceId: string, onSignedOut: () => void): void {
  [session, instance, signedOut] = [who, instanceId, onSignedOut];
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
  try {
    return new Failure((await answer.json()) as Problem);
  } catch {
    const problem = unreachable().problem;
    return new Failure({ ...problem, status: answer.status });
  }
}

/** Sends a call with the token; after a 401 once more with a new one. */
export async function send(url: string, request: RequestInit, headers: Record<string, string> = {}): Promise<Response> {
  for (const renew of [false, true]) {
    const token = await session?.token(renew).catch(() => '');
    const answer = await fetch(url, {
      ...request,
      headers: { ...headers, Authorization: `Bearer ${token ?? ''}` },
    }).catch((error: unknown) => {
      throw (error as Error).name === 'AbortError' ? error : unreachable();
    });
    if (answer.status !== 401) return answer;
    if (renew) signedOut();
    if (renew) return answer;
  }
  throw unreachable();
}

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
  const token = await session?.token();
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open('PUT', address('/segments/{name}/members', { name }, query));
    request.setRequestHeader('Authorization', `Bearer ${token ?? ''}`);
    request.setRequestHeader('Content-Type', type);
    request.upload.onprogress = (event) => sent(event.total ? event.loaded / event.total : 0);
    request.onerror = () => fail(unreachable());
    request.onload = () => {
      if (request.status < 300) return done(JSON.parse(request.responseText));
      const { status } = request;
      void failureOf(new Response(request.responseText || null, { status: Math.max(status, 400) })).then(fail);
    };
    request.send(file);
  });
}

/** The stream of a run's events. */
export const eventsOf = (runId: string, seen: string, signal: AbortSignal): Promise<Response> =>
  send(address('/runs/{id}/events', { id: runId }), { signal }, seen ? { 'Last-Event-ID': seen } : {});
