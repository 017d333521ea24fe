// What became of the selected profiles, and of the people who left the segments: two bars, each of which adds up.

import type { Schemas } from '../core/api.ts';
import { t, word } from '../core/i18n.ts';
import { Bar } from './bar.tsx';

/** In the order of the bar. A part that a service does not report is left out. */
const PARTS = ['created', 'updated', 'unchanged', 'duplicate', 'rejected', 'invalid', 'inDoubt', 'remaining', 'usable'];
const ALWAYS = ['created', 'updated', 'usable'];
const LEAVERS = ['flagged', 'deleted', 'unsubscribed', 'kept', 'gone', 'failed', 'remaining'] as const;

/** Profiles that a run found or put on the list. */
export function onList(counts: object): number {
  const all = counts as Record<string, unknown>;
  return ['created', 'updated', 'unchanged'].reduce((sum, name) => sum + Number(all[name] ?? 0), 0);
}

export function CountsBar({ counts, only }: { counts: object; only?: string[] }) {
  const all = counts as Record<string, unknown>;
  const selected = Number(all.selected ?? 0);
  const parts = (only ?? PARTS).flatMap((name) =>
    typeof all[name] === 'number'
      ? [{ name, label: word('count', name), value: all[name], always: ALWAYS.includes(name) }]
      : [],
  );
  const returned = Number(all.resubscribed ?? 0);
  return (
    <>
      <Bar parts={parts} whole={selected} caption={t('counts.selected', { n: selected })} />
      {returned > 0 && <p>{t('counts.resubscribed', { n: returned })}</p>}
    </>
  );
}

/** Nothing where nobody left: the second bar is beside the first one only when it has something to say. */
export function LeaversBar({ leavers }: { leavers: Schemas['LeaversView'] }) {
  if (leavers.found === 0) return null;
  return (
    <Bar
      parts={LEAVERS.map((name) => ({ name, label: word('leaver', name), value: leavers[name] }))}
      whole={leavers.found}
      caption={t('leavers.found', { n: leavers.found })}
    />
  );
}
