// Where the time of a run went, as one bar that adds up, and the calls that it made to Campaign Monitor.

import { useState } from 'preact/hooks';
import { api, download, type Schemas } from '../core/api.ts';
import { useDo, useLoad, usePages } from '../core/hooks.ts';
import { duration, moment, number, t, word } from '../core/i18n.ts';
import { useWho } from '../core/who.ts';
import { Bar } from '../parts/bar.tsx';
import { Select, Text } from '../parts/form.tsx';
import { Section } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Pager, Table } from '../parts/table.tsx';

type Run = Schemas['RunView'];
type Call = Schemas['RequestView'];
const PHASES = [
  'queued',
  'preparing',
  'reading',
  'encoding',
  'waitingForSlot',
  'throttled',
  'uploading',
  'writing',
  'verifying',
] as const;
const CLASSES: Schemas['StatusClass'][] = ['2xx', '3xx', '4xx', '5xx', 'none'];

/** A part of a run: of one that took less than a minute in milliseconds, so that one sees them add up. */
const shownIn = (whole: number, milliseconds: number): string =>
  whole < 60_000 ? t('batches.ms', { n: milliseconds }) : duration(milliseconds / 1000);

export function Timeline({ run }: { run: Run }) {
  const [shown, setShown] = useState(false);
  const loaded = useLoad(
    async () => (shown ? api('get', '/runs/{id}/timeline', { ids: { id: run.runId }, query: { limit: 1 } }) : null),
    [run.runId, shown, run.endUtc],
  );
  const view = loaded.data;
  return (
    <Section title={t('timeline.title')}>
      <details onToggle={(event) => setShown(event.currentTarget.open)}>
        <summary>{t('timeline.show')}</summary>
        <ProblemNote problem={loaded.problem} retry={loaded.reload} />
        {view && (
          <>
            <Bar
              parts={PHASES.map((name) => ({ name, label: word('phase', name), value: view.phases[name] }))}
              whole={view.durationMs}
              caption={t('timeline.caption', { time: shownIn(view.durationMs, view.durationMs) })}
              shown={(milliseconds) => shownIn(view.durationMs, milliseconds)}
            />
            <p class="hint">{t('timeline.rule')}</p>
            <p>{t('timeline.calls', { made: view.requests.made, failed: view.requests.failed })}</p>
          </>
        )}
      </details>
    </Section>
  );
}

/** The calls are read when somebody asks: the audit records it. */
export function Requests({ run }: { run: Run }) {
  const { isAdmin } = useWho();
  const [shown, setShown] = useState(false);
  const [status, setStatus] = useState('');
  const [reason, setReason] = useState('');
  const [unmasked, setUnmasked] = useState('');
  const saving = useDo();
  const query = {
    status: CLASSES.find((one) => one === status),
    ...(unmasked && { unmask: true, reason: unmasked }),
  };
  const list = usePages(
    async (cursor) =>
      shown
        ? api('get', '/runs/{id}/requests', { ids: { id: run.runId }, query: { ...query, cursor } })
        : { items: [], nextCursor: null },
    [run.runId, shown, status, unmasked],
  );
  const save = () => download('/runs/{id}/requests', { id: run.runId }, query, `requests-${run.runId}.csv`);
  const items = list.data?.items ?? [];
  return (
    <Section title={t('requests.title')}>
      <p>{t('requests.text')}</p>
      <div class="inline">
        <Select
          label={t('requests.filter')}
          value={status}
          onInput={setStatus}
          choices={[['', t('common.all')], ...CLASSES.map((one): [string, string] => [one, word('statusClass', one)])]}
        />
        {!shown && (
          <button type="button" onClick={() => setShown(true)}>
            {t('rows.show')}
          </button>
        )}
        <button type="button" disabled={saving.busy} onClick={() => saving.run(save)}>
          {t('rows.download')}
        </button>
      </div>
      {isAdmin && shown && !unmasked && (
        <div class="inline">
          <Text
            label={t('requests.reason')}
            hint={t('requests.reasonHint')}
            value={reason}
            onInput={setReason}
            maxLength={500}
          />
          <button type="button" disabled={!reason.trim()} onClick={() => setUnmasked(reason.trim())}>
            {t('requests.unmask')}
          </button>
        </div>
      )}
      <ProblemNote problem={list.problem ?? saving.problem} retry={list.problem ? list.reload : undefined} />
      {shown && list.data && !list.loading && items.length === 0 && <p>{t('rows.none')}</p>}
      {items.length > 0 && <Calls calls={items} />}
      <Pager list={list} />
    </Section>
  );
}

function Calls({ calls }: { calls: Call[] }) {
  return (
    <Table
      caption={t('requests.title')}
      rows={calls}
      keyOf={(one) => one.number}
      columns={[
        { name: t('requests.number'), cell: (one) => number(one.number), number: true },
        { name: t('audit.when'), cell: (one) => moment(one.startedUtc, true) },
        { name: t('requests.call'), cell: (one) => <code>{`${one.method} ${one.path}`}</code> },
        { name: t('batches.http'), cell: (one) => one.status ?? word('callFailure', one.failure ?? ''), number: true },
        { name: t('batches.took'), cell: (one) => t('batches.ms', { n: one.durationMs }), number: true },
        { name: t('batches.number'), cell: (one) => (one.batch === null ? '–' : number(one.batch)), number: true },
        { name: t('audit.details'), cell: (one) => <CallDetails call={one} /> },
      ]}
    />
  );
}

/** Headers and bodies as Campaign Monitor has them, in nobody's language. */
function CallDetails({ call }: { call: Call }) {
  const headers: [string, string | null][] = [
    ['X-RateLimit-Limit', call.rateLimit],
    ['X-RateLimit-Remaining', call.rateRemaining],
    ['X-RateLimit-Reset', call.rateReset],
    ['Retry-After', call.retryAfter],
    ['traceparent', call.traceId],
  ];
  return (
    <details>
      <summary>{t('audit.show')}</summary>
      <pre>
        {[
          t('requests.sizes', { sent: call.requestBytes, got: call.responseBytes }),
          ...headers.filter(([, value]) => value).map(([name, value]) => `${name}: ${value}`),
          call.requestBody && `${t('test.sent')}:\n${call.requestBody}`,
          call.responseBody && `${t('deliveries.answer')}:\n${call.responseBody}`,
        ]
          .filter(Boolean)
          .join('\n')}
      </pre>
    </details>
  );
}
