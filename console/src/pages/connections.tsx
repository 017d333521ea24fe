// The connections to Campaign Monitor that the person may see.

import { api, type Schemas } from '../core/api.ts';
import { usePages } from '../core/hooks.ts';
import { t, word } from '../core/i18n.ts';
import { to } from '../core/router.ts';
import { useWho } from '../core/who.ts';
import { Empty, Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Status } from '../parts/status.tsx';
import { Pager, Table, type Column } from '../parts/table.tsx';

type Connection = Schemas['ConnectionView'];

export function Connections() {
  const { isAdmin } = useWho();
  const list = usePages((cursor) => api('get', '/connections', { query: { cursor } }), []);
  const add = (
    <a class="button primary" href={to('connections', 'add')}>
      {t('connections.add')}
    </a>
  );
  const columns: Column<Connection>[] = [
    {
      name: t('common.name'),
      cell: (one) => (isAdmin ? <a href={to('connections', one.connectionId)}>{one.displayName}</a> : one.displayName),
    },
    ...(isAdmin
      ? [
          {
            name: t('common.status'),
            cell: (one: Connection) => <Status group="connectionStatus" code={one.status ?? ''} />,
          },
          { name: t('connections.users'), cell: (one: Connection) => word('allowedRoles', one.allowedRoles ?? '') },
          { name: t('connections.exportUser'), cell: (one: Connection) => one.exportUser?.name ?? '–' },
        ]
      : []),
  ];
  return (
    <Page title={t('connections.title')} actions={isAdmin && list.data?.items.length !== 0 && add}>
      <p class="lead">{t('connections.lead')}</p>
      <ProblemNote problem={list.problem} retry={list.reload} />
      {list.data?.items.length === 0 && (
        <Empty title={t('connections.none')} text={t(isAdmin ? 'connections.noneAdmin' : 'connections.noneOthers')}>
          {isAdmin && add}
        </Empty>
      )}
      {list.data && list.data.items.length > 0 && (
        <Table
          caption={t('connections.title')}
          columns={columns}
          rows={list.data.items}
          keyOf={(one) => one.connectionId}
        />
      )}
      <Pager list={list} />
    </Page>
  );
}
