// Who changed what, and when: the audit of the instance.

import { useState } from 'preact/hooks';
import { api, download, type Schemas } from '../core/api.ts';
import { useDo, usePages } from '../core/hooks.ts';
import { codesOf, moment, t, word } from '../core/i18n.ts';
import { to } from '../core/router.ts';
import { Form, Select, Text } from '../parts/form.tsx';
import { Empty, Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Pager, Table } from '../parts/table.tsx';

type Event = Schemas['AuditEventView'];
/** Where the pages of a kind of object are. */
const AREAS: Record<string, string> = {
  alert: 'alerts',
  channel: 'channels',
  connection: 'connections',
  erasure: 'erasures',
  export: 'exports',
  run: 'runs',
  segment: 'segments',
};
const NO_FILTER = { actor: '', action: '', from: '', until: '' };

/** Every action, in the order of the alphabet of the reader. */
const actions = (): [string, string][] =>
  codesOf('action')
    .map((code): [string, string] => [code, word('action', code)])
    .sort(([, one], [, other]) => one.localeCompare(other));

/** The page of an object that is still there. */
function pageOf({ action, object: { kind, id } }: Event): string | null {
  const area = AREAS[kind];
  return area && id && !action.endsWith('.remove') ? to(area, id) : null;
}

export function Audit() {
  const [typed, setTyped] = useState(NO_FILTER);
  const [filter, setFilter] = useState(typed);
  const utc = (day: string, plus = 0) =>
    day ? new Date(new Date(`${day}T00:00:00`).getTime() + plus).toISOString() : undefined;
  const query = {
    actor: filter.actor || undefined,
    action: (filter.action || undefined) as Schemas['Action'] | undefined,
    fromUtc: utc(filter.from),
    toUtc: utc(filter.until, 86_400_000),
  };
  const list = usePages((cursor) => api('get', '/audit-events', { query: { ...query, cursor } }), [filter]);
  const saving = useDo();
  const save = () => saving.run(() => download('/audit-events', {}, query, 'audit-events.csv'));
  const set = (name: keyof typeof typed) => (value: string) => setTyped({ ...typed, [name]: value });
  return (
    <Page
      title={t('audit.title')}
      actions={
        <button type="button" disabled={saving.busy} onClick={save}>
          {t('rows.download')}
        </button>
      }
    >
      <p class="lead">{t('audit.lead')}</p>
      <Form class="inline" onSubmit={() => setFilter(typed)}>
        <Text label={t('audit.actor')} value={typed.actor} onInput={set('actor')} />
        <Select
          label={t('audit.action')}
          value={typed.action}
          onInput={set('action')}
          choices={[['', t('common.all')], ...actions()]}
        />
        <Text label={t('audit.from')} type="date" value={typed.from} onInput={set('from')} />
        <Text label={t('audit.until')} type="date" value={typed.until} onInput={set('until')} />
        <button type="submit">{t('common.search')}</button>
      </Form>
      <ProblemNote problem={list.problem ?? saving.problem} retry={list.problem ? list.reload : undefined} />
      {list.data?.items.length === 0 && (
        <Empty title={t('audit.none')} text={t('audit.noneText')}>
          <button
            type="button"
            onClick={() => {
              setTyped(NO_FILTER);
              setFilter(NO_FILTER);
            }}
          >
            {t('audit.showAll')}
          </button>
        </Empty>
      )}
      {list.data && list.data.items.length > 0 && (
        <Table
          caption={t('audit.title')}
          rows={list.data.items}
          keyOf={(one) => one.auditEventId}
          columns={[
            { name: t('audit.when'), cell: (one) => moment(one.occurredUtc, true) },
            { name: t('audit.actor'), cell: (one) => one.actor.name || one.actor.subject },
            { name: t('audit.action'), cell: (one) => word('action', one.action) },
            { name: t('audit.object'), cell: (one) => <About event={one} /> },
            { name: t('audit.outcome'), cell: (one) => `${word('outcome', one.outcome)} ${one.errorCode ?? ''}` },
            { name: t('audit.details'), cell: (one) => <Details event={one} /> },
          ]}
        />
      )}
      <Pager list={list} />
    </Page>
  );
}

function About({ event }: { event: Event }) {
  const page = pageOf(event);
  const name = event.object.name ?? event.object.id ?? '';
  return page ? <a href={page}>{name}</a> : <>{name}</>;
}

function Details({ event }: { event: Event }) {
  const text = (value: object) => JSON.stringify(value, null, 1).replace(/[{}"]/g, '').trim();
  return (
    <details>
      <summary>{t('audit.show')}</summary>
      <pre>
        {[
          Object.keys(event.before).length > 0 && `${t('audit.before')}:\n${text(event.before)}`,
          Object.keys(event.after).length > 0 && `${t('audit.after')}:\n${text(event.after)}`,
          event.origin.clientAddress && `${t('audit.address')}: ${event.origin.clientAddress}`,
          event.traceId && `${t('problem.reference')}: ${event.traceId}`,
        ]
          .filter(Boolean)
          .join('\n')}
      </pre>
    </details>
  );
}
