// Why a run ended as it did, or why an alert opened: what the service says, what to do, and whose turn it is.

import type { Schemas } from '../core/api.ts';
import { current, word, wordIfKnown } from '../core/i18n.ts';
import { happened } from '../core/said.ts';

/** The reason of a run, or of an alert: that of its run, or the kind of its rule. */
type Reason = Schemas['Reason'] | Schemas['NoticeReason'];

export function ReasonNote({ reason, tone }: { reason: Reason; tone: 'bad' | 'warn' }) {
  const todo = wordIfKnown('reason', reason.code);
  const isEnglish = current() === 'en';
  const said = happened(reason);
  return (
    <div class={`note ${tone}`}>
      {isEnglish && <p>{reason.message}</p>}
      {said && <p>{said}</p>}
      {todo && <p>{todo}</p>}
      {!isEnglish && !said && (
        <p class={todo ? 'small' : undefined} lang="en">
          {reason.message}
        </p>
      )}
      <p class="small">{word('culprit', reason.culprit)}</p>
    </div>
  );
}
