// The plan of a run: what it is about to do to people, or has done, and the decision where it waits for one.

import { useState } from 'preact/hooks';
import { api, Failure, type Schemas } from '../core/api.ts';
import { useDo, useLoad } from '../core/hooks.ts';
import { moment, number, t } from '../core/i18n.ts';
import { useWho } from '../core/who.ts';
import { Confirm } from '../parts/dialog.tsx';
import { Text } from '../parts/form.tsx';
import { announce } from '../parts/live.tsx';
import { Section } from '../parts/page.tsx';
import { PlanFigures } from '../parts/plan.tsx';
import { ProblemNote } from '../parts/problem.tsx';

type Run = Schemas['RunView'];
type Plan = Schemas['PlanView'];

/** A run that neither removes anybody nor limits how many are new has no plan, and one that just began has none yet. */
async function planOf(run: Run): Promise<Plan | null> {
  if (run.sync.leavers.action === 'keep' && !run.sync.brake.additions) return null;
  return api('get', '/runs/{id}/plan', { ids: { id: run.runId } }).catch((error: unknown) => {
    if (error instanceof Failure && error.problem.status === 404) return null;
    throw error;
  });
}

export function RunPlan({ run, changed }: { run: Run; changed(run: Run): void }) {
  const { mayEdit } = useWho();
  // It is computed anew when the run resumes: each status may have another one.
  const loaded = useLoad(() => planOf(run), [run.runId, run.status]);
  const plan = loaded.data;
  const waits = run.status === 'awaitingApproval';
  const isAllHeld = run.sync.brake.hold === 'run' || plan?.limits.some(({ limit }) => limit.startsWith('additions'));
  if (!plan) return <ProblemNote problem={loaded.problem} retry={loaded.reload} />;
  return (
    <Section title={t(waits ? 'plan.waits' : 'plan.title')}>
      <ProblemNote problem={loaded.problem} retry={loaded.reload} />
      {waits && <p>{t(isAllHeld ? 'plan.holdsAll' : 'plan.holdsRemovals')}</p>}
      <PlanFigures plan={plan} action={run.sync.leavers.action} />
      {waits && plan.heldUntilUtc && <p>{t('plan.until', { when: moment(plan.heldUntilUtc) })}</p>}
      {plan.decidedBy && <p>{t('plan.decided', { who: plan.decidedBy, when: moment(plan.decidedUtc, true) })}</p>}
      {waits && mayEdit && <Decision run={run} plan={plan} changed={changed} reread={loaded.reload} />}
      {waits && !mayEdit && <p>{t('plan.viewer')}</p>}
    </Section>
  );
}

interface DecisionProps {
  run: Run;
  plan: Plan;
  changed(run: Run): void;
  reread(): void;
}

function Decision({ run, plan, changed, reread }: DecisionProps) {
  const [asked, setAsked] = useState<'approve' | 'decline' | null>(null);
  const [note, setNote] = useState('');
  const doing = useDo();
  const ids = { id: run.runId };
  const action = run.sync.leavers.action;
  const decide = (call: () => Promise<Run>, said: string) =>
    doing.run(async () => {
      const now = await call().catch((error: unknown) => {
        // What was shown is no longer what waits: the question is closed, and the plan is read again.
        if (error instanceof Failure && error.problem.status === 409) reread();
        setAsked(null);
        throw error;
      });
      setAsked(null);
      changed(now);
      announce(said);
    });
  const approve = () =>
    decide(() => api('post', '/runs/{id}/approve', { ids, body: { planHash: plan.hash } }), t('plan.approved'));
  const decline = () =>
    decide(() => api('post', '/runs/{id}/decline', { ids, body: { note: note.trim() } }), t('plan.declined'));
  return (
    <>
      <ProblemNote problem={doing.problem} />
      {run.sync.brake.approver !== 'anyEditor' && <p class="hint">{t('plan.secondPerson')}</p>}
      <div class="actions">
        <button type="button" class="primary" onClick={() => setAsked('approve')}>
          {t('plan.approve')}
        </button>
        <button type="button" onClick={() => setAsked('decline')}>
          {t('plan.decline')}
        </button>
      </div>
      {asked === 'approve' && (
        <Confirm
          title={t('plan.approve')}
          action={t('plan.approveAction')}
          doing={doing}
          onConfirm={approve}
          onClose={() => setAsked(null)}
        >
          <p class="strong">{t(`approving.${action}`, { n: plan.leavers })}</p>
          <p>{t('plan.approveText', { n: number(plan.new) })}</p>
        </Confirm>
      )}
      {asked === 'decline' && (
        <Confirm
          title={t('plan.decline')}
          action={t('plan.declineAction')}
          doing={doing}
          disabled={!note.trim()}
          onConfirm={decline}
          onClose={() => setAsked(null)}
        >
          <p>{t('plan.declineText')}</p>
          <Text
            label={t('plan.note')}
            hint={t('plan.noteHint')}
            value={note}
            onInput={setNote}
            maxLength={500}
            required
          />
        </Confirm>
      )}
    </>
  );
}
