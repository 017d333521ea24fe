// One erasure: what was found in each place, what is left to do there and by whom, the deadline, and its receipt.

import { useEffect, useState } from 'preact/hooks';
import { api, download } from '../core/api.ts';
import { useDo, useLoad } from '../core/hooks.ts';
import { moment, number, t, word } from '../core/i18n.ts';
import { to } from '../core/router.ts';
import { leftOf, type Erasure } from './erasures.tsx';
import { Confirm } from '../parts/dialog.tsx';
import { Text } from '../parts/form.tsx';
import { announce } from '../parts/live.tsx';
import { Facts, Page, Section } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Status } from '../parts/status.tsx';
import { Table } from '../parts/table.tsx';

const ASK_EVERY_MS = 3000;

export function ErasurePage({ id }: { id: string }) {
  const loaded = useLoad(() => api('get', '/erasures/{id}', { ids: { id } }), [id]);
  const erasure = loaded.data;
  const isOpen = erasure !== null && erasure.status !== 'completed';
  useEffect(() => {
    const timer = isOpen ? setInterval(loaded.reload, ASK_EVERY_MS) : undefined;
    return () => clearInterval(timer);
  }, [isOpen]);
  return (
    <Page title={erasure?.reference ?? ''} parent={[t('erasures.title'), to('erasures')]}>
      <ProblemNote problem={loaded.problem} retry={loaded.reload} />
      {erasure && (
        <>
          <p>
            <Status group="erasureStatus" code={erasure.status} />
          </p>
          {erasure.waiting && (
            <p class="note warn" lang="en">
              {erasure.waiting}
            </p>
          )}
          <Facts
            facts={[
              [t('erasures.people'), number(erasure.people)],
              [t('erasures.basis'), erasure.legalBasis],
              [
                t('erasures.requested'),
                t('common.byAt', { who: erasure.requestedBy, when: moment(erasure.requestedUtc) }),
              ],
              [t('erasures.due'), `${moment(erasure.dueUtc)} ${leftOf(erasure)}`],
              [t('erasures.completed'), moment(erasure.completedUtc)],
            ]}
          />
          <Places erasure={erasure} />
          <ErasureReceipt erasure={erasure} />
          <Tombstones erasure={erasure} changed={loaded.set} />
        </>
      )}
    </Page>
  );
}

function Places({ erasure }: { erasure: Erasure }) {
  const count = (value: number | null) => (value === null ? '–' : number(value));
  return (
    <Section title={t('erasures.places')}>
      <Table
        caption={t('erasures.places')}
        rows={erasure.places}
        keyOf={(one) => one.place}
        columns={[
          { name: t('erasures.place'), cell: (one) => word('place', one.place) },
          { name: t('erasures.found'), cell: (one) => count(one.found), number: true },
          { name: t('erasures.removed'), cell: (one) => count(one.removed), number: true },
          { name: t('erasures.verified'), cell: (one) => moment(one.verifiedUtc) },
          { name: t('segments.remark'), cell: (one) => <span lang="en">{one.remark}</span> },
        ]}
      />
    </Section>
  );
}

function ErasureReceipt({ erasure }: { erasure: Erasure }) {
  const doing = useDo();
  const { erasureId } = erasure;
  const save = (type: string, ending: string) =>
    doing.run(() => download('/erasures/{id}/receipt', { id: erasureId }, {}, `erasure-${erasureId}.${ending}`, type));
  if (erasure.status !== 'completed') return null;
  return (
    <Section title={t('receipt.title')}>
      <p>{t('erasures.receiptText')}</p>
      <ProblemNote problem={doing.problem} />
      <div class="actions">
        <button type="button" disabled={doing.busy} onClick={() => save('application/json', 'json')}>
          {t('receipt.json')}
        </button>
        <button type="button" disabled={doing.busy} onClick={() => save('application/jose', 'jws')}>
          {t('receipt.signed')}
        </button>
      </div>
    </Section>
  );
}

/** What keeps the people from being sent again, until it expires or somebody lifts it with a reason. */
function Tombstones({ erasure, changed }: { erasure: Erasure; changed(erasure: Erasure): void }) {
  const [asked, setAsked] = useState(false);
  const [reason, setReason] = useState('');
  const doing = useDo();
  const { expiresUtc, liftedBy, liftedUtc, liftedBecause } = erasure.tombstones;
  const lift = () =>
    doing.run(async () => {
      const ids = { id: erasure.erasureId };
      changed(await api('post', '/erasures/{id}/lift-tombstones', { ids, body: { reason: reason.trim() } }));
      setAsked(false);
      announce(t('erasures.lifted'));
    });
  return (
    <Section title={t('erasures.tombstones')}>
      {expiresUtc && <p>{t('erasures.kept', { when: moment(expiresUtc) })}</p>}
      {liftedBy && (
        <p>
          {t('erasures.liftedBy', { who: liftedBy, when: moment(liftedUtc) })} “{liftedBecause}”
        </p>
      )}
      {expiresUtc && (
        <button type="button" onClick={() => setAsked(true)}>
          {t('erasures.lift')}
        </button>
      )}
      {asked && (
        <Confirm
          title={t('erasures.lift')}
          action={t('erasures.lift')}
          doing={doing}
          disabled={!reason.trim()}
          onConfirm={lift}
          onClose={() => setAsked(false)}
        >
          <p>{t('erasures.liftText')}</p>
          <Text label={t('plan.note')} value={reason} onInput={setReason} maxLength={500} required />
        </Confirm>
      )}
    </Section>
  );
}
