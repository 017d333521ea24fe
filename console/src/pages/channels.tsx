// Where messages about alerts go.

import { api, type Schemas } from '../core/api.ts';
import { usePages } from '../core/hooks.ts';
import { t, word } from '../core/i18n.ts';
import { to } from '../core/router.ts';
import { useWho } from '../core/who.ts';
import { Empty, Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Status } from '../parts/status.tsx';
import { Pager, Table } from '../parts/table.tsx';

export type Channel = Schemas['ChannelView'];

/** Addresses, or the part of a URL that may be shown. */
export const targetOf = ({ to: addresses, url }: Channel): string => addresses?.join(', ') ?? url ?? '';
export const stateOf = ({ active }: Channel): string => (active ? 'active' : 'inactive');

export function Channels() {
  const { isAdmin } = useWho();
  return (
    <Page title={t('channels.title')} actions={isAdmin && <AddLink />}>
      <p class="lead">{t('channels.lead')}</p>
      {isAdmin ? <ChannelTable /> : <Empty title={t('problem.forbidden')} text={t('channels.adminsOnly')} />}
    </Page>
  );
}

const AddLink = () => (
  <a class="button primary" href={to('channels', 'add')}>
    {t('channels.add')}
  </a>
);

function ChannelTable() {
  const list = usePages((cursor) => api('get', '/channels', { query: { cursor } }), []);
  const items = list.data?.items ?? [];
  return (
    <>
      <ProblemNote problem={list.problem} retry={list.reload} />
      {list.data && items.length === 0 && <Empty title={t('channels.none')} text={t('channels.noneText')} />}
      {items.length > 0 && (
        <Table
          caption={t('channels.title')}
          rows={items}
          keyOf={(one) => one.channelId}
          columns={[
            {
              name: t('common.name'),
              cell: (one) => <a href={to('channels', one.channelId)}>{one.displayName}</a>,
            },
            { name: t('channels.kind'), cell: (one) => word('channelKind', one.kind) },
            { name: t('channels.target'), cell: targetOf },
            { name: t('common.status'), cell: (one) => <Status group="channelState" code={stateOf(one)} /> },
          ]}
        />
      )}
      <Pager list={list} />
    </>
  );
}
