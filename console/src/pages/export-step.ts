// What each step of an export gets, and what it may change.

import type { Schemas } from '../core/api.ts';
import type { Draft } from '../core/draft.ts';

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
  /** The export as it is saved; null while it is new. */
  stored: Schemas['ExportView'] | null;
}
