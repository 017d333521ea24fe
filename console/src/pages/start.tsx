// Where people begin: the way from a segment to a list, with what is done and what comes next.

import type { ComponentChildren } from 'preact';
import { api } from '../core/api.ts';
import { useLoad } from '../core/hooks.ts';
import { t } from '../core/i18n.ts';
import { to } from '../core/router.ts';
import { useWho } from '../core/who.ts';
import { OpenAlerts } from './alerts.tsx';
import { WaitingRuns } from './runs-waiting.tsx';
import { runColumns } from './runs.tsx';
import { Page, Section } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Table } from '../parts/table.tsx';

export function Start() {
  const { isAdmin, mayEdit } = useWho();
  const limit = 1;
  const loaded = useLoad(async () => {
    const [connections, segments, exports, runs] = await Promise.all([
      mayEdit ? api('get', '/connections', { query: { limit } }) : { items: [] },
      api('get', '/segments', { query: { limit } }),
      api('get', '/exports', { query: { limit } }),
      api('get', '/runs', { query: { limit: 5 } }),
    ]);
    return { connections: connections.items, segments: segments.items, exports: exports.items, runs: runs.items };
  }, []);
  const { data } = loaded;
  const steps: [key: 'connection' | 'segment' | 'export' | 'run', done: boolean, link: ComponentChildren][] = data
    ? [
        [
          'connection',
          data.connections.length > 0,
          isAdmin && <a href={to('connections', 'add')}>{t('connections.add')}</a>,
        ],
        ['segment', data.segments.length > 0, mayEdit && <a href={to('segments', 'add')}>{t('segments.add')}</a>],
        ['export', data.exports.length > 0, mayEdit && <a href={to('exports', 'add')}>{t('exports.add')}</a>],
        [
          'run',
          data.runs.length > 0,
          <a key="r" href={to('exports')}>
            {t('exports.title')}
          </a>,
        ],
      ]
    : [];
  const next = steps.findIndex(([, done]) => !done);
  return (
    <Page
      title={t('start.title')}
      actions={
        mayEdit &&
        next > 2 && (
          <a class="button primary" href={to('exports', 'add')}>
            {t('exports.add')}
          </a>
        )
      }
    >
      <p class="lead">{t('start.lead')}</p>
      <ProblemNote problem={loaded.problem} retry={loaded.reload} />
      <OpenAlerts />
      <WaitingRuns />
      {mayEdit && (
        <ol class="way">
          {steps.map(([key, done, link], index) => (
            <li key={key} class={done ? 'done' : index === next ? 'next' : undefined}>
              <p class="strong">
                {t(`start.${key}`)}
                {done && <span class="small"> ✓ {t('start.done')}</span>}
              </p>
              <p>{t(`start.${key}Text`)}</p>
              {link && <p>{link}</p>}
            </li>
          ))}
        </ol>
      )}
      {data && data.runs.length > 0 && (
        <Section title={t('start.lastRuns')} actions={<a href={to('runs')}>{t('runs.all')}</a>}>
          <Table
            caption={t('start.lastRuns')}
            columns={runColumns('export')}
            rows={data.runs}
            keyOf={(run) => run.runId}
          />
        </Section>
      )}
    </Page>
  );
}
