// The first steps of an export: over which connection, to which list, which segments.

import { useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { useDo, useKey, useLoad } from '../core/hooks.ts';
import { number, t, word } from '../core/i18n.ts';
import { to } from '../core/router.ts';
import { useWho } from '../core/who.ts';
import type { StepProps } from './export-step.ts';
import { Check, Group, Radios, Select, Text } from '../parts/form.tsx';
import { Empty, Facts } from '../parts/page.tsx';
import { errorAt, ProblemNote, Warnings } from '../parts/problem.tsx';

export function ConnectionStep({ draft, change, connections, problem }: StepProps) {
  const { isAdmin } = useWho();
  if (!connections.length) {
    return (
      <Empty title={t('connections.none')} text={t(isAdmin ? 'connections.noneAdmin' : 'connections.noneOthers')}>
        {isAdmin && (
          <a class="button primary" href={to('connections', 'add')}>
            {t('connections.add')}
          </a>
        )}
      </Empty>
    );
  }
  return (
    <Radios
      legend={t('exports.connection')}
      error={errorAt(problem, '/connectionId')}
      value={draft.connectionId}
      onInput={(connectionId) => change({ connectionId, ...(connectionId !== draft.connectionId && { listId: '' }) })}
      choices={connections.map((one) => [
        one.connectionId,
        one.displayName,
        one.status && one.status !== 'connected' ? word('connectionStatus', one.status) : undefined,
      ])}
    />
  );
}

export function ListStep({ draft, change, list, problem }: StepProps) {
  const ids = { id: draft.connectionId };
  const lists = useLoad(() => api('get', '/connections/{id}/lists', { ids }), [draft.connectionId]);
  const clients = lists.data?.clients ?? [];
  const isEmpty = lists.data && clients.every((client) => client.lists.length === 0);
  return (
    <>
      <ProblemNote problem={lists.problem} retry={lists.reload} />
      {lists.loading && <p>{t('exports.readingLists')}</p>}
      {isEmpty && <p>{t('exports.noLists')}</p>}
      {clients
        .filter((client) => client.lists.length > 0)
        .map((client) => (
          <Radios
            key={client.clientId}
            legend={client.name}
            error={client.lists.some((one) => one.listId === draft.listId) ? errorAt(problem, '/listId') : undefined}
            value={draft.listId}
            onInput={(listId) => change({ listId })}
            choices={client.lists.map((one) => [one.listId, one.name])}
          />
        ))}
      {list && (
        <>
          <Facts
            facts={[
              [t('list.active'), number(list.counts.active)],
              [t('list.unsubscribed'), number(list.counts.unsubscribed)],
              [t('list.optIn'), word('optIn', list.optIn)],
              [t('list.fields'), list.fields.map((field) => field.name).join(', ') || '–'],
            ]}
          />
          <Warnings warnings={list.warnings} />
        </>
      )}
      {lists.data && (
        <NewList
          connectionId={draft.connectionId}
          clients={clients}
          made={(listId) => {
            lists.reload();
            change({ listId });
          }}
        />
      )}
    </>
  );
}

function NewList({
  connectionId,
  clients,
  made,
}: {
  connectionId: string;
  clients: Schemas['ClientView'][];
  made(listId: string): void;
}) {
  const [name, setName] = useState('');
  const [client, setClient] = useState('');
  const [optIn, setOptIn] = useState<Schemas['OptIn']>('single');
  const making = useDo();
  const keyOf = useKey();
  const create = () =>
    making.run(async () => {
      const body = { name: name.trim(), optIn, clientId: client || clients[0]?.clientId || null };
      const answer = await api('post', '/connections/{id}/lists', {
        ids: { id: connectionId },
        body,
        key: keyOf(body),
      });
      setName('');
      made(answer.listId);
    });
  return (
    <details>
      <summary>{t('list.new')}</summary>
      <Text label={t('list.name')} value={name} onInput={setName} maxLength={200} />
      {clients.length > 1 && (
        <Select
          label={t('list.client')}
          value={client}
          onInput={setClient}
          choices={clients.map((one) => [one.clientId, one.name])}
        />
      )}
      <Radios
        legend={t('list.optIn')}
        value={optIn}
        onInput={(value) => setOptIn(value as Schemas['OptIn'])}
        choices={[
          ['single', t('optIn.single')],
          ['double', t('optIn.double')],
        ]}
      />
      <ProblemNote problem={making.problem} />
      <button type="button" disabled={!name.trim() || making.busy} onClick={create}>
        {t('list.create')}
      </button>
    </details>
  );
}

export function SegmentsStep({ draft, change, segments, problem }: StepProps) {
  const toggle = (name: string, on: boolean) =>
    change({ segments: on ? [...draft.segments, name] : draft.segments.filter((one) => one !== name) });
  if (!segments.length) {
    return (
      <Empty title={t('segments.none')} text={t('segments.noneText')}>
        <a class="button primary" href={to('segments', 'add')}>
          {t('segments.add')}
        </a>
      </Empty>
    );
  }
  const total = segments
    .filter((one) => draft.segments.includes(one.name))
    .reduce((sum, one) => sum + one.memberCount, 0);
  return (
    <Group legend={t('exports.whichSegments')} error={errorAt(problem, '/segments')}>
      {segments.map((one) => (
        <Check
          key={one.name}
          label={one.displayName}
          hint={t('segments.count', { n: one.memberCount })}
          checked={draft.segments.includes(one.name)}
          onInput={(on) => toggle(one.name, on)}
        />
      ))}
      <p class="strong" role="status">
        {t('exports.total', { n: total })}
      </p>
    </Group>
  );
}
