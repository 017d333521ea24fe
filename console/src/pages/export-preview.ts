// The preview beside the form of an export: what a run of the draft would do, read anew as it is changed.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { api, onRenewal, type Problem, type Schemas } from '../core/api.ts';
import type { Draft } from '../core/draft.ts';
import { follow } from '../core/follow.ts';
import { isSignedOut, problemOf } from '../core/hooks.ts';
import { finished, inDraft, missingOf, questionOf, type Missing, type Question } from '../core/preview.ts';
import { announce } from '../parts/live.tsx';

type View = Schemas['PreviewView'];

export interface LivePreview {
  /** Whether somebody has asked for it: members are personal data, and reading them stands in the audit. */
  asked: boolean;
  missing: Missing[];
  busy: boolean;
  /** The newest answer, and the draft that it is about: an older one while it is busy. */
  view: View | null;
  about: Draft;
  problem: Problem | null;
  /** Begins, or tries once more. */
  show(): void;
}

interface Outcome {
  /** The question, as text. */
  of: string;
  about: Draft;
  view: View | null;
  problem: Problem | null;
}

const read = ({ exportId, body }: Question, signal: AbortSignal): Promise<View> =>
  exportId === null
    ? api('post', '/exports/preview', { body, signal })
    : api('post', '/exports/{id}/preview', { ids: { id: exportId }, body, signal });

/** Reads only while a step shows it. One editor asks once: what it reads is forgotten with it. */
export function useLivePreview(draft: Draft, stored: Schemas['ExportView'] | null, isShown: boolean): LivePreview {
  const [asked, setAsked] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>({ of: '', about: draft, view: null, problem: null });
  const newest = useRef(draft);
  newest.current = draft;
  const isAtOnce = useRef(false);
  const follower = useMemo(() => follow(read, answered), []);
  const question = asked && isShown ? questionOf(draft, stored) : null;
  const of = question ? JSON.stringify(question) : '';

  function answered(question: Question, answer: Promise<View>) {
    const about = finished(newest.current);
    const known = { of: JSON.stringify(question), about };
    answer.then(
      (view) => setOutcome({ ...known, view, problem: null }),
      (error: unknown) =>
        setOutcome({ ...known, view: null, problem: inDraft(problemOf(error), newest.current.mapping) }),
    );
  }
  useEffect(() => {
    if (!question || of === outcome.of) return follower.stop();
    follower.ask(question, isAtOnce.current);
    isAtOnce.current = false;
  }, [of, outcome.of === '']);
  useEffect(() => follower.stop, []);

  const show = () => {
    isAtOnce.current = true;
    setAsked(true);
    setOutcome((before) => ({ ...before, of: '' }));
  };
  const isCurrent = of !== '' && outcome.of === of;
  const problem = isCurrent ? outcome.problem : null;
  const failed = isSignedOut(problem);
  useEffect(() => (failed ? onRenewal(show) : undefined), [failed]);
  const missing = missingOf(draft);
  const view = missing.length > 0 ? null : outcome.view;
  return { asked, missing, busy: of !== '' && !isCurrent, view, about: outcome.about, problem, show };
}

/** Reads out what a new answer says. What was known when the step opened is not read again. */
export function useSaid(view: View | null, sentence: (view: View) => string): void {
  const known = useRef(view);
  useEffect(() => {
    if (view && view !== known.current) announce(sentence(view));
    known.current = view;
  }, [view]);
}
