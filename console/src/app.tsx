// The frame around every page: where one is, where one can go, in which language, and who one is.

import { useState } from 'preact/hooks';
import { choose, current, LANGUAGES, t, word, type Language } from './core/i18n.ts';
import { to, useRoute, type Route } from './core/router.ts';
import { useWho } from './core/who.ts';
import { AlertPage } from './pages/alert.tsx';
import { AlertRules } from './pages/alert-rules.tsx';
import { Alerts } from './pages/alerts.tsx';
import { Audit } from './pages/audit.tsx';
import { AddChannel } from './pages/channel-add.tsx';
import { ChannelPage } from './pages/channel.tsx';
import { Channels } from './pages/channels.tsx';
import { AddConnection } from './pages/connection-add.tsx';
import { ConnectionPage } from './pages/connection.tsx';
import { Connections } from './pages/connections.tsx';
import { AddErasure } from './pages/erasure-add.tsx';
import { ErasurePage } from './pages/erasure.tsx';
import { Erasures } from './pages/erasures.tsx';
import { AddExport, EditExport } from './pages/export-edit.tsx';
import { ExportPage } from './pages/export.tsx';
import { ExportFeedback } from './pages/export-feedback.tsx';
import { ExportMembers } from './pages/export-members.tsx';
import { Exports } from './pages/exports.tsx';
import { People } from './pages/people.tsx';
import { Retention } from './pages/retention.tsx';
import { RunPage } from './pages/run.tsx';
import { Runs } from './pages/runs.tsx';
import { SchedulePage } from './pages/schedule.tsx';
import { AddSegment } from './pages/segment-add.tsx';
import { SegmentPage } from './pages/segment.tsx';
import { Segments } from './pages/segments.tsx';
import { Start } from './pages/start.tsx';
import { Select } from './parts/form.tsx';
import { LiveRegion } from './parts/live.tsx';
import { Empty, Page } from './parts/page.tsx';
import { PauseBanner, PauseButton, useInstance } from './parts/pause.tsx';

/** The page of an address. A new area of the API gets its line here and in `AREAS`. */
function pageOf(route: Route) {
  const [area = '', id, more] = route.parts;
  if (area === '') return <Start />;
  if (area === 'connections')
    return !id ? <Connections /> : id === 'add' ? <AddConnection /> : <ConnectionPage key={id} id={id} />;
  if (area === 'segments')
    return !id ? <Segments /> : id === 'add' ? <AddSegment /> : <SegmentPage key={id} name={id} />;
  if (area === 'exports' && !id) return <Exports route={route} />;
  if (area === 'exports' && id === 'add') return <AddExport route={route} />;
  if (area === 'exports' && id && more === 'members') return <ExportMembers key={id} id={id} />;
  if (area === 'exports' && id && more === 'feedback') return <ExportFeedback key={id} id={id} />;
  if (area === 'exports' && id)
    return more === 'edit' ? <EditExport key={id} id={id} /> : <ExportPage key={id} id={id} />;
  if (area === 'runs') return id ? <RunPage key={id} id={id} /> : <Runs route={route} />;
  if (area === 'alerts')
    return !id ? <Alerts route={route} /> : id === 'rules' ? <AlertRules /> : <AlertPage key={id} id={id} />;
  if (area === 'channels') return !id ? <Channels /> : id === 'add' ? <AddChannel /> : <ChannelPage key={id} id={id} />;
  if (area === 'schedule') return <SchedulePage />;
  if (area === 'people') return <People />;
  if (area === 'erasures') return !id ? <Erasures /> : id === 'add' ? <AddErasure /> : <ErasurePage key={id} id={id} />;
  if (area === 'retention') return <Retention />;
  if (area === 'audit') return <Audit />;
  return (
    <Page title={t('app.notFound')}>
      <Empty title={t('app.notFound')} text={t('app.notFoundText')} />
    </Page>
  );
}

const AREAS = [
  ['', 'all'],
  ['exports', 'all'],
  ['runs', 'all'],
  ['alerts', 'all'],
  ['people', 'edit'],
  ['segments', 'all'],
  ['connections', 'edit'],
  ['channels', 'admin'],
  ['schedule', 'all'],
  ['erasures', 'admin'],
  ['retention', 'all'],
  ['audit', 'admin'],
] as const;

interface Props {
  /** Other roles to try, in development mode. */
  roles: [name: string, pick: () => void][];
  signOut(): void;
  /** Goes back to the choice of the instance, where there is one. */
  leaveInstance: (() => void) | null;
}

export function App({ roles, signOut, leaveInstance }: Props) {
  const { session, instance, role, isAdmin, mayEdit } = useWho();
  const route = useRoute();
  const paused = useInstance(route.parts.join('/'));
  const [, setLanguage] = useState(current());
  const pick = (language: string) =>
    void choose(language as Language, true).then(() => setLanguage(language as Language));
  const areas = AREAS.filter(([, who]) => who === 'all' || (who === 'edit' ? mayEdit : isAdmin));
  return (
    <div class="frame">
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.querySelector<HTMLElement>('main h1')?.focus();
        }}
      >
        {t('app.skip')}
      </a>
      <header>
        <p class="brand">
          <a href="#/">{t('app.name')}</a>
        </p>
        {isAdmin && <PauseButton instance={paused} />}
        <Select hidden label={t('app.language')} value={current()} onInput={pick} choices={LANGUAGES} />
        {roles.length > 0 && (
          <Select
            hidden
            label={t('app.tryRole')}
            value={role}
            onInput={(name) => roles.find(([one]) => one === name)?.[1]()}
            choices={roles.map(([name]) => [name, word('role', name)])}
          />
        )}
        <details class="me">
          <summary>{session.name || t('app.you')}</summary>
          <div>
            <p>{word('role', role)}</p>
            <p class="small">
              {t('app.instance')}
              <br />
              <code>{instance}</code>
            </p>
            {leaveInstance && (
              <button type="button" onClick={leaveInstance}>
                {t('app.otherInstance')}
              </button>
            )}
            {roles.length === 0 && (
              <button type="button" onClick={signOut}>
                {t('app.signOut')}
              </button>
            )}
          </div>
        </details>
      </header>
      <nav aria-label={t('app.areas')}>
        <ul>
          {areas.map(([area]) => (
            <li key={area}>
              <a href={area ? to(area) : '#/'} aria-current={(route.parts[0] ?? '') === area ? 'page' : undefined}>
                {area === '' ? t('start.nav') : t(`${area}.title`)}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main id="main">
        <PauseBanner instance={paused} />
        {pageOf(route)}
      </main>
      <LiveRegion />
    </div>
  );
}
