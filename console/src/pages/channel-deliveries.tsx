// Whether the messages of a channel arrive: a test with its answer, and the log with each try.

import { useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { useDo, usePages } from '../core/hooks.ts';
import { moment, number, t, word } from '../core/i18n.ts';
import { to } from '../core/router.ts';
import type { Channel } from './channels.tsx';
import { announce } from '../parts/live.tsx';
import { Section } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Status } from '../parts/status.tsx';
import { Pager, Table } from '../parts/table.tsx';

type Delivery = Schemas['DeliveryView'];

/** What the receiver answered, or why nothing came. */
function Answered({ delivery }: { delivery: Delivery }) {
  const { httpStatus, detail } = delivery;
  return (
    <>
      {httpStatus && t('deliveries.http', { status: String(httpStatus) })}{' '}
      {detail && (
        <span class="small" lang="en">
          {detail}
        </span>
      )}
    </>
  );
}

/** Sends a message that says that it is a test, and waits for what comes of it. */
export function TestChannel({ channel, done }: { channel: Channel; done(): void }) {
  const [deliveries, setDeliveries] = useState<Delivery[] | null>(null);
  const testing = useDo();
  const test = () =>
    testing.run(async () => {
      setDeliveries(null);
      const answer = await api('post', '/channels/{id}/test', { ids: { id: channel.channelId } });
      setDeliveries(answer.deliveries);
      const arrived = answer.deliveries.every(({ status }) => status === 'delivered');
      announce(t(arrived ? 'channels.testArrived' : 'channels.testFailed'));
      done();
    });
  return (
    <Section title={t('channels.test')}>
      <p>{t('channels.testText')}</p>
      <button type="button" class="primary" disabled={testing.busy || !channel.active} onClick={test}>
        {t(testing.busy ? 'channels.testing' : 'channels.sendTest')}
      </button>
      <ProblemNote problem={testing.problem} />
      {deliveries && (
        <ul class="checks">
          {deliveries.map((one) => (
            <li key={one.deliveryId}>
              <Status group="deliveryStatus" code={one.status} /> {one.recipient} <Answered delivery={one} />
              {one.nextUtc && ` ${t('deliveries.next', { when: moment(one.nextUtc, true) })}`}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

/** The log of messages. `changes` counts what this page has sent: the log is read anew then. */
export function Deliveries({ channel, changes }: { channel: Channel; changes: number }) {
  const id = channel.channelId;
  const list = usePages(
    (cursor) => api('get', '/channels/{id}/deliveries', { ids: { id }, query: { cursor, limit: 20 } }),
    [id, changes],
  );
  const doing = useDo();
  const resend = ({ deliveryId }: Delivery) =>
    doing.run(async () => {
      await api('post', '/channels/{id}/deliveries/{deliveryId}/resend', { ids: { id, deliveryId } });
      announce(t('deliveries.resent'));
      list.reload();
    });
  const items = list.data?.items ?? [];
  return (
    <Section
      title={t('deliveries.title')}
      actions={
        <button type="button" onClick={list.reload}>
          {t('common.refresh')}
        </button>
      }
    >
      <ProblemNote problem={list.problem ?? doing.problem} retry={list.problem ? list.reload : undefined} />
      {list.data && items.length === 0 && <p>{t('deliveries.none')}</p>}
      {items.length > 0 && (
        <Table
          caption={t('deliveries.title')}
          rows={items}
          keyOf={(one) => one.deliveryId}
          columns={[
            { name: t('audit.when'), cell: (one) => moment(one.createdUtc, true) },
            { name: t('deliveries.about'), cell: (one) => <About delivery={one} /> },
            { name: t('common.status'), cell: (one) => <Status group="deliveryStatus" code={one.status} /> },
            { name: t('batches.attempts'), cell: (one) => number(one.attempts), number: true },
            { name: t('deliveries.answer'), cell: (one) => <Answered delivery={one} /> },
            { name: t('deliveries.nextTry'), cell: (one) => moment(one.nextUtc, true) },
            {
              name: t('deliveries.again'),
              cell: (one) => (
                <button type="button" disabled={doing.busy || !channel.active} onClick={() => resend(one)}>
                  {t('deliveries.resend')}
                  <span class="unseen"> {moment(one.createdUtc, true)}</span>
                </button>
              ),
            },
          ]}
        />
      )}
      <Pager list={list} />
    </Section>
  );
}

function About({ delivery }: { delivery: Delivery }) {
  const { alertId, event, title, recipient } = delivery;
  const what = word('notice', event);
  return (
    <>
      {alertId ? <a href={to('alerts', alertId)}>{what}</a> : what}
      <br />
      <span class="small" lang="en">
        {title}
      </span>
      {recipient && <span class="small"> ({recipient})</span>}
    </>
  );
}
