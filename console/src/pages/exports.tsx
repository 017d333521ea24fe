// The exports: which segments go to which list, and how their last run ended.

import { useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { useDo, usePages } from '../core/hooks.ts';
import { moment, t, word } from '../core/i18n.ts';
import { useSegmentNames } from '../core/names.ts';
import { go, to, type Route } from '../core/router.ts';
import { useWho } from '../core/who.ts';
import { Confirm } from '../parts/dialog.tsx';
import { Form, Text } from '../parts/form.tsx';
import { Empty, Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Status } from '../parts/status.tsx';
import { Pager, Table, type Column } from '../parts/table.tsx';

type Export = Schemas['ExportView'];

const columns = (segmentName: (name: string) => string): Column<Export>[] => [
  { name: t('common.name'), cell: (one) => <a href={to('exports', one.exportId)}>{one.displayName}</a> },
  { name: t('exports.segments'), cell: (one) => one.segments.map(segmentName).join(', ') },
  { name: t('common.status'), cell: (one) => <Status group="exportState" code={one.state} /> },
  {
    name: t('exports.schedule'),
    cell: (one) => (one.schedule.active ? word('scheduleKind', one.schedule.kind) : t('schedule.off')),
  },
  {
    name: t('exports.lastRun'),
    cell: ({ lastRun }) =>
      lastRun ? (
        <a href={to('runs', lastRun.runId)}>
          <Status group="runStatus" code={lastRun.status} /> {moment(lastRun.submittedUtc)}
        </a>
      ) : (
        t('exports.neverRun')
      ),
  },
];

export function Exports({ route }: { route: Route }) {
  const { mayEdit } = useWho();
  const search = route.query.get('search') ?? '';
  const [typed, setTyped] = useState(search);
  const list = usePages(
    (cursor) => api('get', '/exports', { query: { cursor, search: search || undefined } }),
    [search],
  );
  const add = (
    <a class="button primary" href={to('exports', 'add')}>
      {t('exports.add')}
    </a>
  );
  const items = list.data?.items;
  const segmentName = useSegmentNames();
  return (
    <Page
      title={t('exports.title')}
      actions={
        mayEdit &&
        (search || items?.length !== 0) && (
          <>
            {add}
            <RunAll />
          </>
        )
      }
    >
      <p class="lead">{t('exports.lead')}</p>
      <Form
        role="search"
        class="inline"
        onSubmit={() => {
          location.hash = `${to('exports')}?search=${encodeURIComponent(typed)}`;
        }}
      >
        <Text label={t('exports.search')} value={typed} onInput={setTyped} type="search" />
        <button type="submit">{t('common.search')}</button>
      </Form>
      <ProblemNote problem={list.problem} retry={list.reload} />
      {items?.length === 0 &&
        (search ? (
          <Empty title={t('exports.notFound')} text={t('exports.notFoundText')} />
        ) : (
          <Empty title={t('exports.none')} text={t(mayEdit ? 'exports.noneText' : 'exports.noneViewer')}>
            {mayEdit && add}
          </Empty>
        ))}
      {items && items.length > 0 && (
        <Table caption={t('exports.title')} columns={columns(segmentName)} rows={items} keyOf={(one) => one.exportId} />
      )}
      <Pager list={list} />
    </Page>
  );
}

/** Runs every export with an active schedule, after a question. */
function RunAll() {
  const [asked, setAsked] = useState(false);
  const running = useDo();
  const run = () =>
    running.run(async () => {
      await api('post', '/runs', { body: { scope: 'all' } });
      go('runs');
    });
  return (
    <>
      <button type="button" onClick={() => setAsked(true)}>
        {t('exports.runAll')}
      </button>
      {asked && (
        <Confirm
          title={t('exports.runAll')}
          action={t('exports.runAllAction')}
          doing={running}
          harmful={false}
          onConfirm={run}
          onClose={() => setAsked(false)}
        >
          <p>{t('exports.runAllText')}</p>
        </Confirm>
      )}
    </>
  );
}
