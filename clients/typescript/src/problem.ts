// What the service says when it does not do what it was asked (RFC 9457).

import type { Problem } from './generated/index.js';

/** A call that was refused or that failed. Branch on `errorCode`; `message` is for people. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  constructor(
    /** HTTP status code. */
    readonly status: number,
    /** The whole answer, with what only some problems have, such as `dependants`. Nothing when a gateway answered. */
    readonly problem: (Problem & Record<string, unknown>) | undefined,
    readonly headers: Headers,
  ) {
    super(problem?.detail ?? `The answer was ${status}, without a problem that can be read.`);
  }

  /** Stable, such as `connectionInUse`. */
  get errorCode(): string | undefined {
    return this.problem?.errorCode;
  }

  /** What is wrong with the input, each with the JSON pointer of its place. */
  get errors(): NonNullable<Problem['errors']> {
    return this.problem?.errors ?? [];
  }

  /** The operator finds the request by it. */
  get traceId(): string | undefined {
    return this.problem?.traceId ?? undefined;
  }
}

/** The error of an answer whose body was read. */
export function problemOf(response: Response, body: unknown): ProblemError {
  const isProblem = typeof body === 'object' && body !== null && 'errorCode' in body;
  const problem = isProblem ? (body as Problem & Record<string, unknown>) : undefined;
  return new ProblemError(response.status, problem, response.headers);
}

/** The answer, which must be a success. */
export async function succeeded(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw problemOf(response, await response.json().catch(() => undefined));
}
