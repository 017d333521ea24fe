// People who are erased everywhere: each request with what is left of its month.

import { api, type Schemas } from '../core/api.ts';
import { usePages } from '../core/hooks.ts';
import { moment, number, t } from '../core/i18n.ts';
import { to } from '../core/router.ts';
import { useWho } from '../core/who.ts';
import { Empty, Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Status } from '../parts/status.tsx';
import { Pager, Table } from '../parts/table.tsx';

export type Erasure = Schemas['ErasureView'];

/** What is left of the month, in days. */
export const leftOf = ({ daysLeft }: Erasure): string =>
  daysLeft === null || daysLeft === undefined
    ? '–'
    : daysLeft < 0
      ? t('erasures.overdue', { n: -daysLeft })
      : t('erasures.left', { n: daysLeft });

export function Erasures() {
  const { isAdmin } = useWho();
  return (
    <Page title={t('erasures.title')} actions={isAdmin && <AddLink />}>
      <p class="lead">{t('erasures.lead')}</p>
      {isAdmin ? <ErasureTable /> : <Empty title={t('problem.forbidden')} text={t('erasures.adminsOnly')} />}
    </Page>
  );
}

const AddLink = () => (
  <a class="button primary" href={to('erasures', 'add')}>
    {t('erasures.add')}
  </a>
);

function ErasureTable() {
  const list = usePages((cursor) => api('get', '/erasures', { query: { cursor } }), []);
  const items = list.data?.items ?? [];
  return (
    <>
      <ProblemNote problem={list.problem} retry={list.reload} />
      {list.data && items.length === 0 && <Empty title={t('erasures.none')} text={t('erasures.noneText')} />}
      {items.length > 0 && (
        <Table
          caption={t('erasures.title')}
          rows={items}
          keyOf={(one) => one.erasureId}
          columns={[
            {
              name: t('erasures.reference'),
              cell: (one) => <a href={to('erasures', one.erasureId)}>{one.reference}</a>,
            },
            { name: t('common.status'), cell: (one) => <Status group="erasureStatus" code={one.status} /> },
            { name: t('erasures.people'), cell: (one) => number(one.people), number: true },
            { name: t('erasures.requested'), cell: (one) => moment(one.requestedUtc) },
            { name: t('erasures.due'), cell: (one) => `${moment(one.dueUtc)} ${leftOf(one)}` },
          ]}
        />
      )}
      <Pager list={list} />
    </>
  );
}
