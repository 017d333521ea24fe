// One connection: what it is connected with, who may use it, what depends on it, and how to end it.

import { useEffect, useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { everything, useDo, useLoad } from '../core/hooks.ts';
import { moment, t, word } from '../core/i18n.ts';
import { to } from '../core/router.ts';
import { openTab } from '../core/tab.ts';
import { Ending } from './connection-ending.tsx';
import { signInAtCampaignMonitor } from './sign-in-there.ts';
import { Form, Select, Text } from '../parts/form.tsx';
import { announce } from '../parts/live.tsx';
import { Facts, headingOf, Page, Section } from '../parts/page.tsx';
import { errorAt, ProblemNote } from '../parts/problem.tsx';
import { Status } from '../parts/status.tsx';

type Connection = Schemas['ConnectionView'];

export function ConnectionPage({ id }: { id: string }) {
  const ids = { id };
  const loaded = useLoad(() => api('get', '/connections/{id}', { ids }), [id]);
  const exports = useLoad(
    () => everything((cursor) => api('get', '/connections/{id}/exports', { ids, query: { cursor, limit: 200 } })),
    [id],
  );
  const connection = loaded.data;
  const isWaiting = connection?.status === 'pendingAuthentication';
  // Somebody may be signing in at Campaign Monitor in another tab.
  useEffect(() => {
    const timer = isWaiting ? setInterval(loaded.reload, 3000) : undefined;
    return () => clearInterval(timer);
  }, [isWaiting]);
  return (
    <Page title={headingOf(loaded, (one) => one.displayName)} parent={[t('connections.title'), to('connections')]}>
      <ProblemNote problem={loaded.problem} retry={loaded.reload} />
      {connection && (
        <>
          <NextStep connection={connection} />
          <State connection={connection} changed={loaded.set} />
          <Credentials connection={connection} changed={loaded.set} />
          <Settings connection={connection} changed={loaded.set} />
          <Ending connection={connection} exports={exports.data ?? []} changed={exports.reload} />
        </>
      )}
    </Page>
  );
}

interface Part {
  connection: Connection;
  changed(connection: Connection): void;
}

function NextStep({ connection }: { connection: Connection }) {
  const { status } = connection;
  if (status === 'connected') {
    return (
      <p class="note good">
        {t('connections.ready')} <a href={to('exports', 'add')}>{t('exports.add')}</a>
      </p>
    );
  }
  const message =
    status === 'needsAttention'
      ? 'connections.needsAttention'
      : status === 'pendingExportUser'
        ? 'connections.needsUser'
        : 'connections.needsCredentials';
  return (
    <div class="note warn">
      <p>{t(message)}</p>
      {connection.statusMessage && <p lang="en">{connection.statusMessage}</p>}
    </div>
  );
}

function State({ connection, changed }: Part) {
  const verifying = useDo();
  const user = useDo();
  const [verified, setVerified] = useState<Schemas['Verification'] | null>(null);
  const ids = { id: connection.connectionId };
  const verify = () =>
    verifying.run(async () => {
      const answer = await api('post', '/connections/{id}/verify', { ids });
      setVerified(answer);
      announce(t(answer.ok ? 'connections.verified' : 'connections.notVerified'));
      changed(await api('get', '/connections/{id}', { ids }));
    });
  const setUser = (method: 'put' | 'delete') =>
    user.run(async () => {
      const call = { ids, version: connection.version };
      changed(
        method === 'put'
          ? await api('put', '/connections/{id}/export-user', call)
          : await api('delete', '/connections/{id}/export-user', call),
      );
    });
  return (
    <Section
      title={t('common.status')}
      actions={
        <button type="button" disabled={verifying.busy} onClick={verify}>
          {t('connections.verify')}
        </button>
      }
    >
      <Facts
        facts={[
          [t('common.status'), <Status key="s" group="connectionStatus" code={connection.status ?? ''} />],
          [t('connections.exportUser'), connection.exportUser?.name ?? t('common.nobody')],
          [
            t('consent.agreedBy'),
            connection.consent
              ? t('common.byAt', { who: connection.consent.agreedBy, when: moment(connection.consent.agreedUtc) })
              : '–',
          ],
        ]}
      />
      <ProblemNote problem={verifying.problem ?? user.problem} />
      {verified && (
        <ul class="checks">
          {verified.checks.map((check) => (
            <li key={check.name}>
              <Status group="checked" code={check.ok ? 'connected' : 'failed'} /> <span lang="en">{check.detail}</span>
            </li>
          ))}
        </ul>
      )}
      <div class="actions">
        <button
          type="button"
          class={connection.exportUser ? '' : 'primary'}
          disabled={user.busy}
          onClick={() => setUser('put')}
        >
          {t('connections.addMe')}
        </button>
        {connection.exportUser && (
          <button type="button" disabled={user.busy} onClick={() => setUser('delete')}>
            {t('connections.removeUser')}
          </button>
        )}
      </div>
    </Section>
  );
}

function Credentials({ connection, changed }: Part) {
  const [apiKey, setApiKey] = useState('');
  const saving = useDo();
  const ids = { id: connection.connectionId };
  const save = () =>
    saving.run(async () => {
      changed(
        await api('put', '/connections/{id}/credentials', {
          ids,
          version: connection.version,
          body: { kind: 'apiKey', apiKey: apiKey.trim() },
        }),
      );
      setApiKey('');
      announce(t('common.saved'));
    });
  const signIn = () => {
    const tab = openTab();
    void saving.run(() => signInAtCampaignMonitor(connection.connectionId, tab)).then((done) => done || tab?.close());
  };
  const { credential } = connection;
  return (
    <Section title={t('connections.credentials')}>
      <Facts
        facts={[
          [
            t('connections.usedNow'),
            credential
              ? [word('credentialKind', credential.kind), credential.lastFour && `… ${credential.lastFour}`]
                  .filter(Boolean)
                  .join(' ')
              : t('common.none'),
          ],
          [t('connections.verifiedAt'), moment(credential?.verifiedUtc)],
        ]}
      />
      <Form onSubmit={save} class="inline">
        <Text
          label={t('connections.newKey')}
          value={apiKey}
          onInput={setApiKey}
          type="password"
          required
          error={errorAt(saving.problem, '/apiKey')}
        />
        <button type="submit" disabled={saving.busy}>
          {t('connections.replaceKey')}
        </button>
      </Form>
      <ProblemNote problem={saving.problem} />
      <p>
        <button type="button" disabled={saving.busy} onClick={signIn}>
          {t('connections.signIn')}
        </button>
      </p>
    </Section>
  );
}

function Settings({ connection, changed }: Part) {
  const [name, setName] = useState<string>(connection.displayName);
  const [roles, setRoles] = useState<Schemas['AllowedRoles']>(connection.allowedRoles ?? 'admins');
  const saving = useDo();
  const save = () =>
    saving.run(async () => {
      changed(
        await api('patch', '/connections/{id}', {
          ids: { id: connection.connectionId },
          version: connection.version,
          body: { displayName: name, allowedRoles: roles },
        }),
      );
      announce(t('common.saved'));
    });
  return (
    <Section title={t('common.settings')}>
      <Form onSubmit={save} class="form">
        <Text
          label={t('common.displayName')}
          value={name}
          onInput={setName}
          required
          maxLength={200}
          error={errorAt(saving.problem, '/displayName')}
        />
        <Select
          label={t('connections.users')}
          value={roles}
          onInput={(value) => setRoles(value as Schemas['AllowedRoles'])}
          choices={[
            ['admins', t('allowedRoles.admins')],
            ['adminsAndContributors', t('allowedRoles.adminsAndContributors')],
          ]}
        />
        <ProblemNote problem={saving.problem} />
        <div class="actions">
          <button type="submit" disabled={saving.busy}>
            {t('common.save')}
          </button>
        </div>
      </Form>
    </Section>
  );
}
