// An export that is edited: an error leads to its step, and what was typed is kept.

import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { empty } from '../src/core/draft.ts';
import { dropDraft, forgetDrafts, keepDraft, keptDraft, NEW } from '../src/core/drafts.ts';
import { stepOf, STEPS } from '../src/pages/export-step.ts';

const wrongAt = (...pointers: string[]) => ({
  errorCode: 'unprocessable' as const,
  errors: pointers.map((pointer) => ({ pointer, code: 'invalid' as const, message: '' })),
});

test('an error leads to the first step in which something is wrong', () => {
  equal(stepOf(wrongAt('/connectionId')), 'connection');
  equal(stepOf(wrongAt('/listId')), 'list');
  equal(stepOf(wrongAt('/segments/2')), 'segments');
  equal(stepOf(wrongAt('/mapping/customFields/0', '/segments')), 'segments');
  equal(stepOf(wrongAt('/sync/leavers/key')), 'sync');
  equal(stepOf(wrongAt('/schedule/cron/0')), 'options');
  equal(stepOf({ errorCode: 'nameTaken' }), 'options');
});

test('an error that names nothing of the export leads nowhere', () => {
  equal(stepOf(null), null);
  equal(stepOf(wrongAt('')), null);
  equal(stepOf({ errorCode: 'changed' }), null);
});

test('everything that is saved belongs to a step', () => {
  for (const name of Object.keys(empty())) equal(STEPS.includes(stepOf(wrongAt(`/${name}`)) ?? 'connection'), true);
  deepEqual(
    Object.keys(empty()).filter((name) => stepOf(wrongAt(`/${name}`)) === null),
    [],
  );
});

test('what was typed is kept for its export until it is dropped, and for nobody else', () => {
  const kept = { draft: { ...empty(), displayName: 'Mine' }, step: 'options', stored: null };
  keepDraft(NEW, kept);
  equal(keptDraft(NEW), kept);
  equal(keptDraft('another export'), null);
  dropDraft(NEW);
  equal(keptDraft(NEW), null);
  keepDraft(NEW, kept);
  forgetDrafts();
  equal(keptDraft(NEW), null);
});
