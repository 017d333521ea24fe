// Sends calls: with a token, a language and an idempotency key, and again when the service asks for patience.

/** A token, or what gets one; `refused` says that the service no longer accepts the last one. */
export type Token = string | ((refused: boolean) => string | Promise<string>);

/** How calls are made. */
export interface CallOptions {
  token: Token;
  /** The language of texts for people, such as `lv`: sent as `Accept-Language`. */
  language?: string;
  /** How often a call is repeated after 429, or after 503 with `Retry-After`. 4 by default. */
  repeats?: number;
  /** What sends a request, instead of the `fetch` of the platform. */
  fetch?: typeof fetch;
}

/** Sends the requests that `make` makes, one for each attempt; a request that cannot be made twice is sent once. */
export type Send = (make: () => Request, isRepeatable?: boolean) => Promise<Response>;

/** Seconds; a call that is to wait longer is not repeated. */
const WAIT_MOST = 60;
/** Calls that start or create something and accept an idempotency key: only these are safe to repeat among POST. */
const ACCEPTS_KEY = /\/(channels|connections|duplicate|erasures|exports|fields|lists|refreshes|runs|verifications)$/;

/** Makes what sends calls. */
export function sender({ token, language, repeats = 4, fetch = globalThis.fetch }: CallOptions): Send {
  return async (make, isRepeatable = true) => {
    const key = crypto.randomUUID();
    let refused = false;
    for (let left = repeats; ; left -= 1) {
      const request = make();
      const value = typeof token === 'string' ? token : await token(refused);
      prepare(request, value, key, language);
      const response = await fetch(request);
      const isRenewable: boolean = response.status === 401 && typeof token === 'function' && !refused;
      const wait = isRenewable ? 0 : secondsToWait(response, request);
      if (!isRepeatable || left <= 0 || wait === undefined) return response;
      refused = isRenewable;
      await response.body?.cancel();
      await pause(wait, request.signal);
    }
  };
}

function prepare({ headers, method }: Request, token: string, key: string, language?: string): void {
  headers.set('Authorization', `Bearer ${token}`);
  if (language !== undefined) headers.set('Accept-Language', language);
  if (method === 'POST' && !headers.has('Idempotency-Key')) headers.set('Idempotency-Key', key);
}

/** Seconds after which to repeat the call; nothing when its answer counts. */
function secondsToWait(response: Response, { method, url }: Request): number | undefined {
  const isSafe = response.status === 429 || method !== 'POST' || acceptsKey(new URL(url).pathname);
  const after = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  return [429, 503].includes(response.status) && isSafe && after <= WAIT_MOST ? after : undefined;
}

/** Whether POST at this address accepts an idempotency key. */
export function acceptsKey(path: string): boolean {
  return ACCEPTS_KEY.test(path);
}

/** Waits so many seconds, or until the signal aborts, which is an error. */
export function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, seconds * 1000);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
