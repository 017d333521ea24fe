// All runs, newest first, by status.

import { api, type Schemas } from '../core/api.ts';
import { usePages } from '../core/hooks.ts';
import { moment, number, t, word } from '../core/i18n.ts';
import { to, type Route } from '../core/router.ts';
import { WaitingRuns } from './runs-waiting.tsx';
import { onList } from '../parts/counts.tsx';
import { Select } from '../parts/form.tsx';
import { Empty, Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Status } from '../parts/status.tsx';
import { Pager, Table, type Column } from '../parts/table.tsx';

type Run = Schemas['RunView'];
const STATUSES: Schemas['RunStatus'][] = [
  'queued',
  'awaitingApproval',
  'running',
  'successful',
  'completedWithErrors',
  'failed',
  'canceled',
  'skipped',
];

/** The columns of a table of runs; the first one leads to the run. */
export function runColumns(first: 'export' | 'submitted'): Column<Run>[] {
  const link = (run: Run, text: string) => <a href={to('runs', run.runId)}>{text}</a>;
  return [
    ...(first === 'export' ? [{ name: t('runs.export'), cell: (run: Run) => link(run, run.exportName) }] : []),
    {
      name: t('runs.submitted'),
      cell: (run) => (first === 'export' ? moment(run.submittedUtc) : link(run, moment(run.submittedUtc, true))),
    },
    { name: t('common.status'), cell: (run) => <Status group="runStatus" code={run.status} /> },
    { name: t('runs.why'), cell: (run) => `${word('submissionKind', run.submissionKind)}, ${run.submittedBy}` },
    { name: t('runs.selected'), cell: (run) => number(run.counts.selected), number: true },
    { name: t('runs.sent'), cell: (run) => number(onList(run.counts)), number: true },
  ];
}

export function Runs({ route }: { route: Route }) {
  const status = STATUSES.find((one) => one === route.query.get('status'));
  const list = usePages((cursor) => api('get', '/runs', { query: { cursor, status } }), [status]);
  const items = list.data?.items;
  return (
    <Page
      title={t('runs.title')}
      actions={
        <button type="button" onClick={list.reload}>
          {t('common.refresh')}
        </button>
      }
    >
      <div class="inline">
        <Select
          label={t('runs.filter')}
          value={status ?? ''}
          onInput={(value) => {
            location.hash = value ? `${to('runs')}?status=${value}` : to('runs');
          }}
          choices={[['', t('runs.all')], ...STATUSES.map((one): [string, string] => [one, word('runStatus', one)])]}
        />
      </div>
      <ProblemNote problem={list.problem} retry={list.reload} />
      {status !== 'awaitingApproval' && <WaitingRuns />}
      {items?.length === 0 && (
        <Empty title={t('runs.none')} text={t(status ? 'runs.noneOfStatus' : 'runs.noneText')}>
          {!status && (
            <a class="button" href={to('exports')}>
              {t('exports.title')}
            </a>
          )}
        </Empty>
      )}
      {items && items.length > 0 && (
        <Table caption={t('runs.title')} columns={runColumns('export')} rows={items} keyOf={(run) => run.runId} />
      )}
      <Pager list={list} />
    </Page>
  );
}
