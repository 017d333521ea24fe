// What a run of the draft would do to people, in numbers, before it is saved: who is new, who leaves, whether it waits.

import type { Schemas } from '../core/api.ts';
import type { Draft } from '../core/draft.ts';
import { duration, number, t, word } from '../core/i18n.ts';
import { undecidedOf } from '../core/preview.ts';
import { useSaid, type LivePreview } from './export-preview.ts';
import { Needs, PreviewState } from './preview-state.tsx';
import { Facts } from '../parts/page.tsx';
import { PlanFigures } from '../parts/plan.tsx';

type View = Schemas['PreviewView'];

interface Props {
  preview: LivePreview;
  sync: Draft['sync'];
}

export function Numbers({ preview, sync }: Props) {
  const { asked, view, about, busy, show } = preview;
  const undecided = undecidedOf(sync);
  useSaid(view, (now) => `${t('check.done', { n: now.usable })} ${waiting(now, about.sync)}`);
  return (
    <div class="note calm" aria-busy={busy}>
      <p>{t('sync.numbers')}</p>
      {!asked && (
        <button type="button" onClick={show}>
          {t('sync.count')}
        </button>
      )}
      <PreviewState preview={preview} />
      {asked && <Needs codes={undecided} group="undecided" />}
      {view && undecided.length === 0 && <Figures view={view} sync={about.sync} />}
    </div>
  );
}

function Figures({ view, sync }: { view: View; sync: Draft['sync'] }) {
  return (
    <>
      {view.plan ? <PlanFigures plan={view.plan} action={sync.leavers.action} /> : <Sent view={view} />}
      {view.fullBecause && <p>{word('fullBecause', view.fullBecause)}</p>}
      <p class="strong">{waiting(view, sync)}</p>
    </>
  );
}

/** Where nobody leaves and nothing limits a run: whom it sends, and how long that takes. */
function Sent({ view }: { view: View }) {
  const counts = (['new', 'changed', 'unchanged'] as const).flatMap((name): [string, string][] => {
    const count = view[name];
    return count === null ? [] : [[word('plan', name), number(count)]];
  });
  return (
    <>
      {counts.length > 0 ? <Facts facts={counts} /> : <p>{t('sync.everybody')}</p>}
      <p>{t('check.effort', { calls: view.calls, time: duration(view.estimatedSeconds) })}</p>
      <p>{t('sync.noPlan')}</p>
    </>
  );
}

/** Whether the brake would hold a run, and what of it. */
export function waiting({ plan }: View, { brake }: Draft['sync']): string {
  return plan && plan.limits.length > 0 ? t(`brakeNow.${brake.hold}`) : t('brakeNow.none');
}
