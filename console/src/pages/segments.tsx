// The segments whose members can be exported.

import { api, type Schemas } from '../core/api.ts';
import { usePages } from '../core/hooks.ts';
import { moment, number, t, word } from '../core/i18n.ts';
import { to } from '../core/router.ts';
import { useWho } from '../core/who.ts';
import { Empty, Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Pager, Table, type Column } from '../parts/table.tsx';

export function Segments() {
  const { mayEdit } = useWho();
  const list = usePages((cursor) => api('get', '/segments', { query: { cursor } }), []);
  const add = (
    <a class="button primary" href={to('segments', 'add')}>
      {t('segments.add')}
    </a>
  );
  const columns: Column<Schemas['SegmentView']>[] = [
    { name: t('common.name'), cell: (one) => <a href={to('segments', one.name)}>{one.displayName}</a> },
    { name: t('segments.members'), cell: (one) => number(one.memberCount), number: true },
    { name: t('segments.source'), cell: (one) => word('source', one.source.kind) },
    { name: t('segments.refreshed'), cell: (one) => moment(one.refreshedUtc) },
  ];
  return (
    <Page title={t('segments.title')} actions={mayEdit && list.data?.items.length !== 0 && add}>
      <p class="lead">{t('segments.lead')}</p>
      <ProblemNote problem={list.problem} retry={list.reload} />
      {list.data?.items.length === 0 && (
        <Empty title={t('segments.none')} text={t(mayEdit ? 'segments.noneText' : 'segments.noneViewer')}>
          {mayEdit && add}
        </Empty>
      )}
      {list.data && list.data.items.length > 0 && (
        <Table caption={t('segments.title')} columns={columns} rows={list.data.items} keyOf={(one) => one.name} />
      )}
      <Pager list={list} />
    </Page>
  );
}
