// The status of something in a word, with a sign of its own for people who do not see colours.

import { word } from '../core/i18n.ts';

const TONES: Record<string, [tone: string, sign: string]> = {
  connected: ['good', '✓'],
  successful: ['good', '✓'],
  onList: ['good', '✓'],
  completed: ['good', '✓'],
  active: ['good', '✓'],
  completedWithErrors: ['warn', '!'],
  needsAttention: ['bad', '!'],
  failed: ['bad', '✕'],
  delivered: ['good', '✓'],
  answered: ['good', '✓'],
  missed: ['bad', '✕'],
  due: ['busy', '…'],
  waiting: ['busy', '…'],
  resolved: ['good', '✓'],
  open: ['bad', '!'],
  acknowledged: ['warn', '✓'],
  running: ['busy', '▸'],
  inProgress: ['busy', '▸'],
  queued: ['busy', '…'],
  pending: ['busy', '…'],
  awaitingApproval: ['warn', '?'],
};

export function Status({ group, code }: { group: string; code: string }) {
  const [tone, sign] = TONES[code] ?? ['calm', '–'];
  return (
    <span class={`status ${tone}`}>
      <span aria-hidden="true">{sign}</span> {word(group, code)}
    </span>
  );
}
