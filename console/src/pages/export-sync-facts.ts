// How the list follows the segments, as it is saved, in words.

import type { Schemas } from '../core/api.ts';
import { resubscribeOf } from '../core/draft.ts';
import { t, word } from '../core/i18n.ts';

const limitOf = (limit: Schemas['BrakeLimit'] | null): string =>
  limit ? t('brake.limit', { count: limit.count, percent: limit.percent }) : t('common.none');

/** `keyName` is the name of a field of the list. */
export function syncFacts(view: Schemas['ExportView'], keyName: (key: string) => string): [string, string][] {
  const { send, leavers, brake, verify } = view.sync;
  const flag = leavers.action === 'flag' ? ` (${keyName(leavers.key ?? '')}: ${leavers.in} → ${leavers.out})` : '';
  return [
    [t('sync.send'), word('send', send)],
    [t('sync.leavers'), word('leavers', leavers.action) + flag],
    [t('sync.resubscribe'), word('resubscribe', resubscribeOf(view))],
    [t('brake.removals'), limitOf(brake.removals ?? null)],
    [t('brake.additions'), limitOf(brake.additions)],
    [t('sync.verify'), word('verifyLevel', verify)],
  ];
}
