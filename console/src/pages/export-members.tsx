// What an export knows of the people on its list: to filter, and to download.

import { useState } from 'preact/hooks';
import { api, download, type Schemas } from '../core/api.ts';
import { useDo, useLoad, usePages } from '../core/hooks.ts';
import { t, word } from '../core/i18n.ts';
import { to } from '../core/router.ts';
import { useWho } from '../core/who.ts';
import { Select } from '../parts/form.tsx';
import { Empty, headingOf, Page } from '../parts/page.tsx';
import { PersonLink } from '../parts/person-link.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Pager, Table } from '../parts/table.tsx';

const FILTERS = ['onList', 'refused', 'left'] as const;
type Filter = (typeof FILTERS)[number];
type Known = Schemas['KnownMemberView'];

export function ExportMembers({ id }: { id: string }) {
  const { mayEdit } = useWho();
  const loaded = useLoad(() => api('get', '/exports/{id}', { ids: { id } }), [id]);
  const name = loaded.data?.displayName ?? '';
  return (
    <Page
      title={headingOf(loaded, (one) => t('members.of', { name: one.displayName }))}
      parent={[name || t('exports.title'), to('exports', id)]}
    >
      <ProblemNote problem={loaded.problem} retry={loaded.reload} />
      <p class="lead">{t('members.lead')}</p>
      {mayEdit ? <Members id={id} /> : <Empty title={t('problem.forbidden')} text={t('members.viewer')} />}
    </Page>
  );
}

function Members({ id }: { id: string }) {
  const [filter, setFilter] = useState('');
  const [shown, setShown] = useState(false);
  const saving = useDo();
  const state = FILTERS.find((one): one is Filter => one === filter);
  const list = usePages(
    async (cursor) =>
      shown
        ? api('get', '/exports/{id}/members', { ids: { id }, query: { cursor, state } })
        : { items: [], nextCursor: null },
    [id, shown, filter],
  );
  const items = list.data?.items ?? [];
  const file = `members-${id}${state ? `-${state}` : ''}.csv`;
  return (
    <>
      <p class="hint">{t('members.personal')}</p>
      <div class="inline">
        <Select
          label={t('members.filter')}
          value={filter}
          onInput={setFilter}
          choices={[['', t('common.all')], ...FILTERS.map((one): [string, string] => [one, word('membersOf', one)])]}
        />
        {!shown && (
          <button type="button" class="primary" onClick={() => setShown(true)}>
            {t('rows.show')}
          </button>
        )}
        <button
          type="button"
          disabled={saving.busy}
          onClick={() => saving.run(() => download('/exports/{id}/members', { id }, { state }, file))}
        >
          {t('rows.download')}
        </button>
      </div>
      <ProblemNote problem={list.problem ?? saving.problem} retry={list.problem ? list.reload : undefined} />
      {shown && list.data && !list.loading && items.length === 0 && (
        <Empty title={t('rows.none')} text={t('members.none')} />
      )}
      {items.length > 0 && (
        <Table
          caption={t('members.title')}
          rows={items}
          keyOf={(_, index) => index}
          columns={[
            { name: t('matching.email'), cell: (one: Known) => <PersonLink name={one.email} isEmail /> },
            { name: t('rejections.customer'), cell: (one: Known) => <PersonLink name={one.customerId} /> },
            { name: t('members.state'), cell: (one: Known) => word('memberState', one.state) },
            { name: t('members.origin'), cell: (one: Known) => word('memberOrigin', one.origin) },
            {
              name: t('members.run'),
              cell: (one: Known) => <a href={to('runs', one.runId)}>{t('problem.openRun')}</a>,
            },
          ]}
        />
      )}
      <Pager list={list} />
    </>
  );
}
