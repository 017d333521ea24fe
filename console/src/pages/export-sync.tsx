// How the list follows the segments: whom a run sends, what happens to people who leave, who comes back, when somebody
// must approve a run, and what is compared afterwards. What nobody chooses harms nobody.

import { useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { resubscribeOf, type Sync } from '../core/draft.ts';
import { useDo } from '../core/hooks.ts';
import { t, word } from '../core/i18n.ts';
import type { StepProps } from './export-step.ts';
import { BrakeFields } from './export-brake.tsx';
import { LeaversFields } from './export-leavers.tsx';
import { Radios } from '../parts/form.tsx';
import { announce } from '../parts/live.tsx';
import { PlanFigures } from '../parts/plan.tsx';
import { errorAt, ProblemNote, Warnings } from '../parts/problem.tsx';

const SENDS = ['all', 'changes'] as const;
const RETURNS = ['never', 'ourRemovals', 'always'] as const;
const LEVELS = ['counts', 'sample', 'full'] as const;

export function SyncStep(props: StepProps) {
  const { draft, change, problem, stored } = props;
  const { sync } = draft;
  const [preview, setPreview] = useState<Schemas['PreviewView'] | null>(null);
  const set = (part: Partial<Sync>) => change({ sync: { ...sync, ...part } });
  const resubscribe = resubscribeOf(draft);
  const warned = (...codes: string[]) => (preview?.listWarnings ?? []).filter(({ code }) => codes.includes(code));
  return (
    <>
      <p class="lead">{t('sync.lead')}</p>
      {stored && <Numbers stored={stored} preview={preview} found={setPreview} />}
      <Radios
        legend={t('sync.send')}
        error={errorAt(problem, '/sync/send')}
        value={sync.send}
        onInput={(send) => set({ send: send as Sync['send'] })}
        choices={SENDS.map((one) => [one, word('send', one), t(`sendHint.${one}`)])}
      />
      <LeaversFields {...props} set={set} plan={preview?.plan ?? null} />
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
      <BrakeFields brake={sync.brake} set={(brake) => set({ brake: { ...sync.brake, ...brake } })} problem={problem} />
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

interface NumbersProps {
  stored: Schemas['ExportView'];
  preview: Schemas['PreviewView'] | null;
  found(preview: Schemas['PreviewView']): void;
}

/** What a run of the export as it is saved would do: reading all members takes a while, so somebody asks for it. */
function Numbers({ stored, preview, found }: NumbersProps) {
  const reading = useDo();
  const count = () =>
    reading.run(async () => {
      const now = await api('post', '/exports/{id}/preview', { ids: { id: stored.exportId } });
      found(now);
      announce(t('check.done', { n: now.usable }));
    });
  return (
    <div class="note calm">
      <p>{t('sync.numbers')}</p>
      <button type="button" disabled={reading.busy} onClick={count}>
        {t('sync.count')}
      </button>
      {reading.busy && <p>{t('check.running')}</p>}
      <ProblemNote problem={reading.problem} />
      {preview?.plan && <PlanFigures plan={preview.plan} action={stored.sync.leavers.action} />}
      {preview && !preview.plan && <p>{t('sync.noPlan')}</p>}
    </div>
  );
}
