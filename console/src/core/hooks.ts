// What pages share: reading something, doing something once, and the pages of a list.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { Failure, newKey, onRenewal, unreachable, type Problem } from './api.ts';

export interface Loaded<T> {
  data: T | null;
  problem: Problem | null;
  loading: boolean;
  reload(): void;
  set(data: T): void;
}

export const problemOf = (error: unknown): Problem => (error instanceof Failure ? error : unreachable()).problem;

/** Whether the service rejected the token. */
export const isSignedOut = (problem: Problem | null): boolean => problem?.status === 401;

/** How often somebody has signed in again while this is shown. */
export function useRenewals(): number {
  const [count, setCount] = useState(0);
  useEffect(() => onRenewal(() => setCount((before) => before + 1)), []);
  return count;
}

/** Reads when the page opens, and when one of `deps` changes. What was read before stays until the new is there. */
export function useLoad<T>(read: () => Promise<T>, deps: unknown[]): Loaded<T> {
  const [state, setState] = useState<{ data: T | null; problem: Problem | null; loading: boolean }>({
    data: null,
    problem: null,
    loading: true,
  });
  const [count, setCount] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    setState((before) => ({ ...before, loading: true }));
    read().then(
      (data) => isCurrent && setState({ data, problem: null, loading: false }),
      (error) => isCurrent && setState((before) => ({ ...before, problem: problemOf(error), loading: false })),
    );
    return () => {
      isCurrent = false;
    };
  }, [...deps, count]);
  // What could not be read because the sign-in had ended is read after the next one.
  const failed = isSignedOut(state.problem);
  useEffect(() => (failed ? onRenewal(() => setCount((before) => before + 1)) : undefined), [failed]);
  return {
    ...state,
    reload: useCallback(() => setCount((before) => before + 1), []),
    set: useCallback((data: T) => setState({ data, problem: null, loading: false }), []),
  };
}

export interface Doing {
  busy: boolean;
  problem: Problem | null;
  /** Does it; false when it failed. A second click while it is busy does nothing. */
  run(work: () => Promise<unknown>): Promise<boolean>;
  clear(): void;
}

export function useDo(): Doing {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const active = useRef(false);
  const failed = isSignedOut(problem);
  useEffect(() => (failed ? onRenewal(() => setProblem(null)) : undefined), [failed]);
  const run = async (work: () => Promise<unknown>): Promise<boolean> => {
    if (active.current) return false;
    active.current = true;
    setBusy(true);
    setProblem(null);
    try {
      await work();
      return true;
    } catch (error) {
      setProblem(problemOf(error));
      return false;
    } finally {
      active.current = false;
      setBusy(false);
    }
  };
  return { busy, problem, run, clear: () => setProblem(null) };
}

export interface Paged<T> extends Loaded<{ items: T[]; nextCursor: string | null }> {
  page: number;
  next(): void;
  previous(): void;
}

/** One page of a list at a time, so that a million rows cost what fifty do. */
export function usePages<T>(
  read: (cursor: string | undefined) => Promise<{ items: T[]; nextCursor: string | null }>,
  deps: unknown[],
): Paged<T> {
  const [cursors, setCursors] = useState<{ of: string; list: string[] }>({ of: '', list: [] });
  const of = JSON.stringify(deps);
  const list = cursors.of === of ? cursors.list : [];
  const loaded = useLoad(() => read(list.at(-1)), [of, list.at(-1)]);
  return {
    ...loaded,
    page: list.length + 1,
    next: () => loaded.data?.nextCursor && setCursors({ of, list: [...list, loaded.data.nextCursor] }),
    previous: () => setCursors({ of, list: list.slice(0, -1) }),
  };
}

/** All items of a short list, such as the connections to pick from. */
export async function everything<T>(
  read: (cursor: string | undefined) => Promise<{ items: T[]; nextCursor: string | null }>,
): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await read(cursor);
    items.push(...page.items);
    if (!page.nextCursor || items.length >= 2000) return items;
    cursor = page.nextCursor;
  }
}

/** The idempotency key of a body: the same for every try, another one when the body has changed. */
export function useKey(): (body: unknown) => string {
  const last = useRef({ body: '', key: '' });
  return (body) => {
    const text = JSON.stringify(body);
    if (last.current.body !== text) last.current = { body: text, key: newKey() };
    return last.current.key;
  };
}
