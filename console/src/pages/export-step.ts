// The steps of an export: which there are, where an error belongs, what each gets, and what it may change.

import type { Schemas } from '../core/api.ts';
import type { Draft } from '../core/draft.ts';
import type { LivePreview } from './export-preview.ts';

export const STEPS = ['connection', 'list', 'segments', 'matching', 'sync', 'options'] as const;
export type Step = (typeof STEPS)[number];

/** The step in which each part of the body is edited. */
const STEP_OF: Record<string, Step> = {
  connectionId: 'connection',
  listId: 'list',
  segments: 'segments',
  mapping: 'matching',
  sync: 'sync',
  options: 'sync',
  displayName: 'options',
  schedule: 'options',
};

/** The first step in which something is wrong; null where the problem names nothing of the body. */
export function stepOf(problem: Pick<Schemas['Problem'], 'errors' | 'errorCode'> | null): Step | null {
  if (problem?.errorCode === 'nameTaken') return 'options';
  const steps = (problem?.errors ?? []).map(({ pointer }) => STEP_OF[pointer.split('/')[1] ?? '']);
  return STEPS.find((step) => steps.includes(step)) ?? null;
}

export interface StepProps {
  draft: Draft;
  change(part: Partial<Draft>): void;
  connections: Schemas['ConnectionView'][];
  segments: Schemas['SegmentView'][];
  chosen: Schemas['SegmentView'][];
  list: Schemas['ListView'] | null;
  /** Reads the list again, after it has changed. */
  reread(): void;
  problem: Schemas['Problem'] | null;
  preview: LivePreview;
}
