// How the list follows the segments: whom a run sends, what happens to people who leave, who comes back, when somebody
// must approve a run, and what is compared afterwards. What nobody chooses harms nobody.

import { useRef } from 'preact/hooks';
import { resubscribeOf, type Sync } from '../core/draft.ts';
import { t, word } from '../core/i18n.ts';
import { undecidedOf } from '../core/preview.ts';
import type { StepProps } from './export-step.ts';
import { BrakeFields } from './export-brake.tsx';
import { LeaversFields } from './export-leavers.tsx';
import { Numbers, waiting } from './export-numbers.tsx';
import { Radios } from '../parts/form.tsx';
import { errorAt, Warnings } from '../parts/problem.tsx';

const SENDS = ['all', 'changes'] as const;
const RETURNS = ['never', 'ourRemovals', 'always'] as const;
const LEVELS = ['counts', 'sample', 'full'] as const;

export function SyncStep(props: StepProps) {
  const { draft, change, problem, preview } = props;
  const { sync } = draft;
  const { view, about } = preview;
  // As many leave whatever happens to them, but where they are kept nobody counts them: the last count stays.
  const leavers = useRef(0);
  if (view && about.sync.leavers.action !== 'keep') leavers.current = view.plan?.leavers ?? 0;
  const set = (part: Partial<Sync>) => change({ sync: { ...sync, ...part } });
  const resubscribe = resubscribeOf(draft);
  const warned = (...codes: string[]) => (view?.listWarnings ?? []).filter(({ code }) => codes.includes(code));
  return (
    <>
      <p class="lead">{t('sync.lead')}</p>
      <Numbers preview={preview} sync={sync} />
      <Radios
        legend={t('sync.send')}
        error={errorAt(problem, '/sync/send')}
        value={sync.send}
        onInput={(send) => set({ send: send as Sync['send'] })}
        choices={SENDS.map((one) => [one, word('send', one), t(`sendHint.${one}`)])}
      />
      <LeaversFields {...props} set={set} people={leavers.current} />
      <Warnings warnings={warned('removesLeavers', 'unsubscribesEverywhere')} />
      <Radios
        legend={t('sync.resubscribe')}
        error={errorAt(problem, '/sync/resubscribe') ?? errorAt(problem, '/options')}
        value={resubscribe}
        onInput={(value) =>
          change({
            options: { ...draft.options, resubscribe: false },
            sync: { ...sync, resubscribe: value as Sync['resubscribe'] },
          })
        }
        choices={RETURNS.map((one) => [one, word('resubscribe', one), t(`resubscribeHint.${one}`)])}
      />
      {resubscribe === 'always' && <p class="note warn">{t('sync.alwaysWarning')}</p>}
      <Warnings warnings={warned('resubscribes')} />
      <BrakeFields
        brake={sync.brake}
        set={(brake) => set({ brake: { ...sync.brake, ...brake } })}
        problem={problem}
        now={view && undecidedOf(sync).length === 0 ? waiting(view, about.sync) : null}
      />
      <Radios
        legend={t('sync.verify')}
        error={errorAt(problem, '/sync/verify')}
        value={sync.verify}
        onInput={(verify) => set({ verify: verify as Sync['verify'] })}
        choices={LEVELS.map((one) => [one, word('verifyLevel', one), t(`verifyAfter.${one}`)])}
      />
    </>
  );
}
