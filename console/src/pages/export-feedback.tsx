// Who left the list of an export by their own wish or bounced: to read, to take back into Customer Insights, and to send
// again where they asked for it.

import { useState } from 'preact/hooks';
import { api, download, type Schemas } from '../core/api.ts';
import { resubscribeOf } from '../core/draft.ts';
import { useDo, useLoad, usePages } from '../core/hooks.ts';
import { moment, t, word } from '../core/i18n.ts';
import { to } from '../core/router.ts';
import { useWho } from '../core/who.ts';
import { Readmissions, Readmit } from './export-readmissions.tsx';
import { Text } from '../parts/form.tsx';
import { Empty, Page } from '../parts/page.tsx';
import { PersonLink } from '../parts/person-link.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Pager, Table } from '../parts/table.tsx';

export function ExportFeedback({ id }: { id: string }) {
  const { mayEdit } = useWho();
  const loaded = useLoad(() => api('get', '/exports/{id}', { ids: { id } }), [id]);
  const name = loaded.data?.displayName ?? '';
  return (
    <Page title={name && t('feedback.of', { name })} parent={[name || t('exports.title'), to('exports', id)]}>
      <ProblemNote problem={loaded.problem} retry={loaded.reload} />
      <p class="lead">{t('feedback.lead')}</p>
      {!mayEdit && <Empty title={t('problem.forbidden')} text={t('members.viewer')} />}
      {mayEdit && loaded.data && <WhoLeft view={loaded.data} />}
    </Page>
  );
}

function WhoLeft({ view }: { view: Schemas['ExportView'] }) {
  const [added, setAdded] = useState(0);
  return (
    <>
      <Departed view={view} readmitted={() => setAdded((before) => before + 1)} />
      {resubscribeOf(view) !== 'always' && (
        <p class="note calm">
          {t('readmissions.noEffect', { choice: word('resubscribe', 'always'), step: t('step.sync') })}
        </p>
      )}
      <Readmissions view={view} added={added} />
    </>
  );
}

function Departed({ view, readmitted }: { view: Schemas['ExportView']; readmitted(): void }) {
  const id = view.exportId;
  const mayEdit = view.permissions === 'edit';
  const [asked, setAsked] = useState('');
  const [from, setFrom] = useState('');
  const [shown, setShown] = useState(false);
  const saving = useDo();
  const query = { fromUtc: from ? new Date(`${from}T00:00:00`).toISOString() : undefined };
  const list = usePages(
    async (cursor) =>
      shown
        ? api('get', '/exports/{id}/feedback', { ids: { id }, query: { ...query, cursor } })
        : { items: [], nextCursor: null },
    [id, shown, from],
  );
  const items = list.data?.items ?? [];
  const save = () => download('/exports/{id}/feedback', { id }, query, `feedback-${id}.csv`);
  return (
    <>
      <p class="hint">{t('members.personal')}</p>
      <div class="inline">
        <Text label={t('audit.from')} type="date" value={from} onInput={setFrom} />
        {!shown && (
          <button type="button" class="primary" onClick={() => setShown(true)}>
            {t('rows.show')}
          </button>
        )}
        <button type="button" disabled={saving.busy} onClick={() => saving.run(save)}>
          {t('rows.download')}
        </button>
      </div>
      <ProblemNote problem={list.problem ?? saving.problem} retry={list.problem ? list.reload : undefined} />
      {shown && list.data && !list.loading && items.length === 0 && (
        <Empty title={t('rows.none')} text={t('feedback.none')} />
      )}
      {items.length > 0 && (
        <Table
          caption={t('feedback.title')}
          rows={items}
          keyOf={(_, index) => index}
          columns={[
            { name: t('matching.email'), cell: (one) => <PersonLink name={one.email} isEmail /> },
            { name: t('rejections.customer'), cell: (one) => <PersonLink name={one.customerId} /> },
            { name: t('feedback.how'), cell: (one) => word('memberState', one.state) },
            { name: t('audit.when'), cell: (one) => moment(one.dateUtc) },
            {
              name: t('readmissions.change'),
              cell: (one) =>
                mayEdit && (
                  <button
                    type="button"
                    aria-label={t('readmissions.readmitOf', { email: one.email })}
                    onClick={() => setAsked(one.email)}
                  >
                    {t('readmissions.readmit')}
                  </button>
                ),
            },
          ]}
        />
      )}
      <Pager list={list} />
      {asked && <Readmit id={id} email={asked} done={readmitted} close={() => setAsked('')} />}
    </>
  );
}
