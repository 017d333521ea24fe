// One run: as it goes, why it ended as it did, and what to do about it.

import { useEffect, useRef, useState } from 'preact/hooks';
import { api, Failure, type Problem, type Schemas } from '../core/api.ts';
import { follow } from '../core/events.ts';
import { useDo, useKey, useLoad, usePages, useRenewals } from '../core/hooks.ts';
import { duration, moment, number, percent, t, word } from '../core/i18n.ts';
import { go, to } from '../core/router.ts';
import { fieldNameOf, useList, useSegmentNames } from '../core/names.ts';
import { useWho } from '../core/who.ts';
import { Rejections, ValueProblems } from './run-details.tsx';
import { RunPlan } from './run-plan.tsx';
import { Requests, Timeline } from './run-timeline.tsx';
import { Verifications } from './run-verifications.tsx';
import { Receipt } from './run-receipt.tsx';
import { CountsBar, LeaversBar } from '../parts/counts.tsx';
import { Confirm } from '../parts/dialog.tsx';
import { announce } from '../parts/live.tsx';
import { Facts, headingOf, Page, Section } from '../parts/page.tsx';
import { AboutContext, ProblemNote, Warnings } from '../parts/problem.tsx';
import { ReasonNote } from '../parts/reason.tsx';
import { Status } from '../parts/status.tsx';
import { Pager, Table } from '../parts/table.tsx';

type Run = Schemas['RunView'];
/** Progress is read out at most this often. */
const SAY_EVERY_MS = 10_000;

const isOpen = (run: Run): boolean => run.endUtc === null;

export function RunPage({ id }: { id: string }) {
  const { mayEdit } = useWho();
  const loaded = useLoad(() => api('get', '/runs/{id}', { ids: { id } }), [id]);
  const broken = useFollowing(id, loaded.data, loaded.set);
  const run = loaded.data;
  const segmentName = useSegmentNames();
  // Only values name fields of the list, and only who may edit may ask Campaign Monitor for their names.
  const named = mayEdit && run && run.fieldWarnings.length > 0 ? run : null;
  const fieldName = fieldNameOf(useList(named?.connectionId, named?.listId ?? ''));
  const plan = run && <RunPlan run={run} changed={loaded.set} />;
  const counts = run && (
    <>
      <CountsBar counts={run.counts} />
      <LeaversBar leavers={run.counts.leavers} />
    </>
  );
  return (
    <AboutContext.Provider value={{ connectionId: run?.connectionId, ...(run && { exportId: run.exportId }) }}>
      <Page
        title={headingOf(loaded, (one) => t('runs.of', { name: one.exportName }))}
        parent={[t('runs.title'), to('runs')]}
        actions={run && mayEdit && <Actions run={run} />}
      >
        <ProblemNote problem={loaded.problem ?? broken} retry={loaded.reload} />
        {run && (
          <>
            <Progress run={run} />
            {run.reason && run.status !== 'awaitingApproval' && (
              <ReasonNote reason={run.reason} tone={run.status === 'failed' ? 'bad' : 'warn'} />
            )}
            <Warnings warnings={run.warnings} />
            {run.fullBecause && <p class="note calm">{word('fullBecause', run.fullBecause)}</p>}
            {run.status === 'awaitingApproval' ? (
              <>
                {plan}
                <Section title={t('runs.soFar')}>{counts}</Section>
              </>
            ) : (
              <>
                {counts}
                {plan}
              </>
            )}
            <Facts
              facts={[
                [
                  t('runs.export'),
                  <a key="e" href={to('exports', run.exportId)}>
                    {run.exportName}
                  </a>,
                ],
                [
                  t('exports.segments'),
                  run.segments.map((one) => `${segmentName(one.name)} (${number(one.memberCount)})`).join(', '),
                ],
                [t('runs.why'), `${word('submissionKind', run.submissionKind)}, ${run.submittedBy}`],
                [t('runs.submitted'), moment(run.submittedUtc, true)],
                [t('runs.started'), moment(run.startUtc, true)],
                [t('runs.ended'), moment(run.endUtc, true)],
                [
                  t('runs.took'),
                  run.startUtc && run.endUtc
                    ? duration((Date.parse(run.endUtc) - Date.parse(run.startUtc)) / 1000)
                    : '–',
                ],
                [t('problem.reference'), <code key="t">{run.traceId ?? '–'}</code>],
              ]}
            />
            <Lost warnings={run.fieldWarnings} fieldName={fieldName} />
            {!isOpen(run) && <Receipt run={run} />}
            {!isOpen(run) && run.startUtc && <Verifications run={run} />}
            {!isOpen(run) && mayEdit && <Rejections run={run} />}
            {mayEdit && run.fieldWarnings.length > 0 && <ValueProblems run={run} fieldName={fieldName} />}
            <Timeline run={run} />
            {mayEdit && <Requests run={run} />}
            <Batches run={run} />
          </>
        )}
      </Page>
    </AboutContext.Provider>
  );
}

/** Follows the run while it is open; returns what keeps it from being followed. */
function useFollowing(id: string, run: Run | null, show: (run: Run) => void): Problem | null {
  const [problem, setProblem] = useState<Problem | null>(null);
  const said = useRef(0);
  const open = run !== null && isOpen(run);
  const renewals = useRenewals();
  useEffect(() => {
    if (!open) return undefined;
    const end = new AbortController();
    setProblem(null);
    const changed = (now: Run) => {
      show(now);
      if (isOpen(now) && Date.now() - said.current < SAY_EVERY_MS) return;
      said.current = Date.now();
      announce(
        isOpen(now) ? t('runs.progress', { part: percent(now.progress.fraction) }) : word('runStatus', now.status),
      );
    };
    follow(id, changed, end.signal).catch((error: unknown) => {
      if (error instanceof Failure) setProblem(error.problem);
    });
    return () => end.abort();
  }, [id, open, renewals]);
  return problem;
}

function Progress({ run }: { run: Run }) {
  const { fraction, profilesPerSecond, etaUtc } = run.progress;
  const left = etaUtc ? (Date.parse(etaUtc) - Date.now()) / 1000 : null;
  return (
    <div class="progress">
      <p>
        <Status group="runStatus" code={run.status} />
      </p>
      {isOpen(run) && run.status !== 'awaitingApproval' && (
        <>
          <progress value={fraction} max={1} aria-label={t('runs.progressLabel')} />
          <p>
            {percent(fraction)}
            {profilesPerSecond > 0 && `, ${t('runs.pace', { n: Math.round(profilesPerSecond) })}`}
            {left !== null && left > 0 && `, ${t('runs.left', { time: duration(left) })}`}
          </p>
        </>
      )}
    </div>
  );
}

function Actions({ run }: { run: Run }) {
  const [asked, setAsked] = useState(false);
  const doing = useDo();
  const keyOf = useKey();
  const cancel = () =>
    doing.run(async () => {
      await api('post', '/runs/{id}/cancel', { ids: { id: run.runId } });
      setAsked(false);
    });
  const retry = () =>
    doing.run(async () => {
      const next = await api('post', '/exports/{id}/runs', { ids: { id: run.exportId }, key: keyOf(run.runId) });
      go('runs', next.runId);
    });
  if (!isOpen(run)) {
    return (
      <>
        <button type="button" class="primary" disabled={doing.busy} onClick={retry}>
          {t('runs.again')}
        </button>
        <ProblemNote problem={doing.problem} />
      </>
    );
  }
  return (
    <>
      <button type="button" class="danger" onClick={() => setAsked(true)}>
        {t('runs.cancel')}
      </button>
      {asked && (
        <Confirm
          title={t('runs.cancel')}
          action={t('runs.cancelAction')}
          doing={doing}
          onConfirm={cancel}
          onClose={() => setAsked(false)}
        >
          <p>{t('runs.cancelText')}</p>
        </Confirm>
      )}
    </>
  );
}

/** Values that could not be sent as they are, counted by field. */
function Lost({ warnings, fieldName }: { warnings: Schemas['FieldWarning'][]; fieldName(key: string): string }) {
  if (!warnings.length) return null;
  return (
    <Section title={t('values.title')}>
      <Table
        caption={t('values.title')}
        rows={warnings}
        keyOf={(one) => one.key + one.field}
        columns={[
          { name: t('values.field'), cell: (one) => `${one.field} → ${fieldName(one.key)}` },
          { name: t('values.dropped'), cell: (one) => number(one.dropped), number: true },
          { name: t('values.cut'), cell: (one) => number(one.cut), number: true },
          {
            name: t('values.why'),
            cell: (one) =>
              one.byCode.map((each) => `${word('valueProblem', each.code)} (${number(each.count)})`).join(', '),
          },
        ]}
      />
    </Section>
  );
}

function Batches({ run }: { run: Run }) {
  const [shown, setShown] = useState(false);
  const list = usePages(
    async (cursor) =>
      shown
        ? api('get', '/runs/{id}/batches', { ids: { id: run.runId }, query: { cursor } })
        : { items: [], nextCursor: null },
    [run.runId, shown, run.endUtc],
  );
  return (
    <Section title={t('batches.title')}>
      <details onToggle={(event) => setShown(event.currentTarget.open)}>
        <summary>{t('batches.show')}</summary>
        <ProblemNote problem={list.problem} retry={list.reload} />
        <Table
          caption={t('batches.title')}
          rows={list.data?.items ?? []}
          keyOf={(one) => one.number}
          columns={[
            { name: t('batches.number'), cell: (one) => number(one.number), number: true },
            { name: t('batches.rows'), cell: (one) => number(one.rows), number: true },
            { name: t('common.status'), cell: (one) => <Status group="runStatus" code={one.status} /> },
            { name: t('batches.http'), cell: (one) => one.httpStatus ?? '–', number: true },
            { name: t('batches.attempts'), cell: (one) => number(one.attempts), number: true },
            { name: t('batches.took'), cell: (one) => t('batches.ms', { n: one.durationMs }), number: true },
          ]}
        />
        <Pager list={list} />
      </details>
    </Section>
  );
}
