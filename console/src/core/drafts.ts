// Exports that somebody is editing, kept while they look at something else: a page that is left loses nothing. They are
// in memory alone, as everything of a person is.

import type { Schemas } from './api.ts';
import type { Draft } from './draft.ts';

export interface Kept {
  draft: Draft;
  /** Of `STEPS`. */
  step: string;
  /** The export as the change began from it: the service rejects the change when somebody else was faster. */
  stored: Schemas['ExportView'] | null;
}

const drafts = new Map<string, Kept>();

/** Begins the key of an export that is added; the id of an export is the key of one that is changed. */
export const NEW = 'new ';

export const keptDraft = (key: string): Kept | null => drafts.get(key) ?? null;
export const keepDraft = (key: string, kept: Kept): void => void drafts.set(key, kept);
export const dropDraft = (key: string): boolean => drafts.delete(key);
/** For the next person, or another instance. */
export const forgetDrafts = (): void => drafts.clear();
