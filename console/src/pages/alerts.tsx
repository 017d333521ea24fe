// What somebody should know: the alerts of the instance, those that last first.

import { api, type Schemas } from '../core/api.ts';
import { useLoad, usePages } from '../core/hooks.ts';
import { moment, t, word } from '../core/i18n.ts';
import { to, type Route } from '../core/router.ts';
import { useWho } from '../core/who.ts';
import { Select } from '../parts/form.tsx';
import { Empty, Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Status } from '../parts/status.tsx';
import { Pager, Table } from '../parts/table.tsx';

export type Alert = Schemas['AlertView'];
const STATUSES: Schemas['AlertStatus'][] = ['open', 'acknowledged', 'resolved'];

/** What an alert says, in a line. */
export const titleOf = (alert: Alert): string => t(`alert.${alert.kind}`, { name: alert.subjectName });

export function AlertTable({ caption, alerts }: { caption: string; alerts: Alert[] }) {
  return (
    <Table
      caption={caption}
      rows={alerts}
      keyOf={(one) => one.alertId}
      columns={[
        { name: t('alerts.what'), cell: (one) => <a href={to('alerts', one.alertId)}>{titleOf(one)}</a> },
        { name: t('common.status'), cell: (one) => <Status group="alertStatus" code={one.status} /> },
        { name: t('alerts.opened'), cell: (one) => moment(one.openedUtc) },
        { name: t('alerts.over'), cell: (one) => moment(one.resolvedUtc) },
        { name: t('alerts.by'), cell: (one) => one.acknowledgedBy ?? '–' },
      ]}
    />
  );
}

export function Alerts({ route }: { route: Route }) {
  const { isAdmin } = useWho();
  const asked = route.query.get('status') ?? 'open';
  const status = STATUSES.find((one) => one === asked);
  const list = usePages((cursor) => api('get', '/alerts', { query: { cursor, status } }), [status]);
  const items = list.data?.items;
  return (
    <Page
      title={t('alerts.title')}
      actions={
        <>
          <button type="button" onClick={list.reload}>
            {t('common.refresh')}
          </button>
          <a class="button" href={to('alerts', 'rules')}>
            {t('rules.title')}
          </a>
        </>
      }
    >
      <p class="lead">{t('alerts.lead')}</p>
      {isAdmin && <NobodyTold />}
      <div class="inline">
        <Select
          label={t('alerts.filter')}
          value={status ?? 'all'}
          onInput={(value) => {
            location.hash = `${to('alerts')}?status=${value}`;
          }}
          choices={[
            ...STATUSES.map((one): [string, string] => [one, word('alertStatus', one)]),
            ['all', t('common.all')],
          ]}
        />
      </div>
      <ProblemNote problem={list.problem} retry={list.reload} />
      {items?.length === 0 && (
        <Empty
          title={t(status === 'open' ? 'alerts.noneOpen' : 'alerts.none')}
          text={t(status === 'open' ? 'alerts.noneOpenText' : 'alerts.noneText')}
        />
      )}
      {items && items.length > 0 && <AlertTable caption={t('alerts.title')} alerts={items} />}
      <Pager list={list} />
    </Page>
  );
}

/** Without a channel, people must look here. */
function NobodyTold() {
  const channels = useLoad(() => api('get', '/channels', { query: { limit: 1 } }), []);
  if (channels.data?.items.length !== 0) return null;
  return (
    <p class="note calm">
      {t('alerts.nobodyTold')} <a href={to('channels', 'add')}>{t('channels.add')}</a>
    </p>
  );
}

/** The alerts that last, where people look first; those of one export on its page. */
export function OpenAlerts({ exportId }: { exportId?: string }) {
  const loaded = useLoad(
    () => api('get', '/alerts', { query: { status: 'open', limit: 5, ...(exportId && { exportId }) } }),
    [exportId],
  );
  if (!loaded.data) return <ProblemNote problem={loaded.problem} retry={loaded.reload} />;
  const { items, nextCursor } = loaded.data;
  if (!items.length) return null;
  return (
    <div class="note bad">
      <p class="strong">{t('alerts.openNow')}</p>
      <ul>
        {items.map((alert) => (
          <li key={alert.alertId}>
            <a href={to('alerts', alert.alertId)}>{titleOf(alert)}</a>, {moment(alert.openedUtc)}
          </li>
        ))}
      </ul>
      {nextCursor && (
        <p>
          <a href={to('alerts')}>{t('alerts.allOpen')}</a>
        </p>
      )}
    </div>
  );
}
