// Who may be sent again although they left by their own wish: one by one, with a reason, and taken back.

import { useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { useDo, usePages } from '../core/hooks.ts';
import { moment, t } from '../core/i18n.ts';
import { Confirm } from '../parts/dialog.tsx';
import { Text } from '../parts/form.tsx';
import { announce } from '../parts/live.tsx';
import { Section } from '../parts/page.tsx';
import { PersonLink } from '../parts/person-link.tsx';
import { errorAt, ProblemNote } from '../parts/problem.tsx';
import { Pager, Table } from '../parts/table.tsx';

type Readmission = Schemas['NamedReadmissionView'];

/** Asks why somebody may be sent again, and says what that means. */
export function Readmit({ id, email, done, close }: { id: string; email: string; done(): void; close(): void }) {
  const [reason, setReason] = useState('');
  const doing = useDo();
  const readmit = () =>
    doing.run(async () => {
      await api('put', '/exports/{id}/readmissions', { ids: { id }, body: { email, reason: reason.trim() } });
      announce(t('readmissions.saved'));
      close();
      done();
    });
  return (
    <Confirm
      title={t('readmissions.ask', { email })}
      action={t('readmissions.readmit')}
      doing={doing}
      disabled={!reason.trim()}
      onConfirm={readmit}
      onClose={close}
    >
      <p>{t('readmissions.warning')}</p>
      <Text
        label={t('readmissions.reason')}
        hint={t('readmissions.reasonHint')}
        value={reason}
        onInput={setReason}
        maxLength={200}
        required
        error={errorAt(doing.problem, '/reason')}
      />
    </Confirm>
  );
}

interface Props {
  view: Schemas['ExportView'];
  /** How many people were readmitted while the page is open: the list is read again, and shows them. */
  added: number;
}

/** The list is personal data, and reading it stands in the audit: it is read when somebody asks. */
export function Readmissions({ view, added }: Props) {
  const id = view.exportId;
  const mayEdit = view.permissions === 'edit';
  const [asked, setAsked] = useState(false);
  const [leaving, setLeaving] = useState<Readmission | null>(null);
  const shown = asked || added > 0;
  const list = usePages(
    async (cursor) =>
      shown
        ? api('get', '/exports/{id}/readmissions', { ids: { id }, query: { cursor } })
        : { items: [], nextCursor: null },
    [id, shown, added],
  );
  const items = list.data?.items ?? [];
  return (
    <Section title={t('readmissions.title')}>
      <p>{t('readmissions.lead')}</p>
      {!shown && (
        <button type="button" onClick={() => setAsked(true)}>
          {t('readmissions.show')}
        </button>
      )}
      <ProblemNote problem={list.problem} retry={list.reload} />
      {shown && list.data && !list.loading && items.length === 0 && <p>{t('readmissions.none')}</p>}
      {items.length > 0 && (
        <Table
          caption={t('readmissions.title')}
          rows={items}
          keyOf={(one) => one.readmissionId}
          columns={[
            { name: t('matching.email'), cell: (one: Readmission) => <PersonLink name={one.email} isEmail /> },
            { name: t('readmissions.reason'), cell: (one: Readmission) => one.reason },
            { name: t('audit.actor'), cell: (one: Readmission) => one.createdBy },
            { name: t('audit.when'), cell: (one: Readmission) => moment(one.createdUtc) },
            {
              name: t('readmissions.change'),
              cell: (one: Readmission) =>
                mayEdit && (
                  <button
                    type="button"
                    aria-label={t('readmissions.withdrawOf', { email: one.email })}
                    onClick={() => setLeaving(one)}
                  >
                    {t('readmissions.withdraw')}
                  </button>
                ),
            },
          ]}
        />
      )}
      <Pager list={list} />
      {leaving && <Withdraw id={id} one={leaving} done={list.reload} close={() => setLeaving(null)} />}
    </Section>
  );
}

function Withdraw({ id, one, done, close }: { id: string; one: Readmission; done(): void; close(): void }) {
  const doing = useDo();
  const withdraw = () =>
    doing.run(async () => {
      const ids = { id, readmissionId: one.readmissionId };
      await api('delete', '/exports/{id}/readmissions/{readmissionId}', { ids });
      announce(t('readmissions.withdrawn'));
      close();
      done();
    });
  return (
    <Confirm
      title={t('readmissions.withdrawOf', { email: one.email })}
      action={t('readmissions.withdraw')}
      doing={doing}
      onConfirm={withdraw}
      onClose={close}
    >
      <p>{t('readmissions.withdrawText')}</p>
    </Confirm>
  );
}
