// One export: what it does, in words; running it, checking it first, and how to change or end it.

import { useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { emailField, sourceOf } from '../core/draft.ts';
import { useDo, useKey, useLoad, usePages } from '../core/hooks.ts';
import { planned, t, word } from '../core/i18n.ts';
import { fieldNameOf, useList, useSegmentNames } from '../core/names.ts';
import { go, to } from '../core/router.ts';
import { takeWarnings } from '../core/saved.ts';
import { OpenAlerts } from './alerts.tsx';
import { ExportAlerts } from './export-alerts.tsx';
import { ExportCheck } from './export-check.tsx';
import { Expectations } from './export-expectations.tsx';
import { ExportMore } from './export-more.tsx';
import { ExportTest } from './export-test.tsx';
import { syncFacts } from './export-sync-facts.ts';
import { runColumns } from './runs.tsx';
import { Form } from '../parts/form.tsx';
import { announce } from '../parts/live.tsx';
import { Facts, headingOf, Page, Section } from '../parts/page.tsx';
import { AboutContext, ProblemNote, Warnings } from '../parts/problem.tsx';
import { ScheduleFields } from '../parts/schedule.tsx';
import { Status } from '../parts/status.tsx';
import { Pager, Table } from '../parts/table.tsx';

type Export = Schemas['ExportView'];
interface Part {
  view: Export;
  changed(view: Export): void;
}

export function ExportPage({ id }: { id: string }) {
  const ids = { id };
  const loaded = useLoad(() => api('get', '/exports/{id}', { ids }), [id]);
  const view = loaded.data;
  const [saved] = useState(() => takeWarnings(id));
  const list = useList(view?.connectionId, view?.listId ?? '');
  const running = useDo();
  const keyOf = useKey();
  const mayEdit = view?.permissions === 'edit';
  const run = () =>
    running.run(async () => {
      const { runId } = await api('post', '/exports/{id}/runs', { ids, key: keyOf(view?.lastRun?.runId) });
      go('runs', runId);
    });
  const actions = view && mayEdit && (
    <>
      <button type="button" class="primary" disabled={running.busy || view.state === 'inactive'} onClick={run}>
        {t('exports.run')}
      </button>
      <a class="button" href={to('exports', id, 'edit')}>
        {t('common.edit')}
      </a>
    </>
  );
  return (
    <AboutContext.Provider value={{ connectionId: view?.connectionId, exportId: id }}>
      <Page
        title={headingOf(loaded, (one) => one.displayName)}
        parent={[t('exports.title'), to('exports')]}
        actions={actions}
      >
        <ProblemNote problem={loaded.problem} retry={loaded.reload} />
        <ProblemNote problem={running.problem} />
        {view && (
          <>
            <Warnings
              warnings={[...saved, ...view.warnings.filter(({ code }) => saved.every((one) => one.code !== code))]}
            />
            <OpenAlerts exportId={id} />
            <Summary view={view} list={list} />
            {mayEdit && <ExportCheck view={view} changed={loaded.set} />}
            {mayEdit && <ExportTest id={id} fieldName={fieldNameOf(list)} />}
            {mayEdit && (
              <Section title={t('members.title')}>
                <p>{t('members.lead')}</p>
                <p>
                  <a href={to('exports', id, 'members')}>{t('members.open')}</a>
                </p>
                <p>
                  <a href={to('exports', id, 'feedback')}>{t('feedback.open')}</a>
                </p>
              </Section>
            )}
            <ScheduleOf view={view} changed={loaded.set} />
            <Expectations id={id} />
            <ExportAlerts view={view} />
            <RunsOf id={id} />
            {mayEdit && <ExportMore view={view} changed={loaded.set} />}
          </>
        )}
      </Page>
    </AboutContext.Provider>
  );
}

/** What becomes of a field of the list, in words. */
function told(field: Schemas['ValueSource']): string {
  if (field.constant !== undefined) return `“${field.constant}”`;
  return field.field ?? field.template ?? '';
}

function Summary({ view, list }: { view: Export; list: Schemas['ListView'] | null }) {
  const { mapping } = view;
  const segmentName = useSegmentNames();
  const names =
    mapping.name && typeof mapping.name === 'object' && 'first' in mapping.name
      ? `${mapping.name.first} ${mapping.name.last}`
      : told(sourceOf(mapping.name as string | Schemas['ValueSource'] | null));
  const keyName = fieldNameOf(list);
  const custom = (mapping.customFields ?? []).map((field) => `${told(field)} → ${keyName(field.key)}`);
  return (
    <Section title={t('exports.what')}>
      <Facts
        facts={[
          [t('common.status'), <Status key="s" group="exportState" code={view.state} />],
          [
            t('exports.segments'),
            view.segments.map((name) => (
              <a key={name} href={to('segments', name)}>
                {segmentName(name)}{' '}
              </a>
            )),
          ],
          [t('exports.list'), list?.name ?? t('exports.listUnknown')],
          [t('matching.email'), emailField(mapping)],
          [t('matching.name'), names || '–'],
          [t('matching.mobile'), told(sourceOf(mapping.mobileNumber)) || '–'],
          [
            t('matching.custom'),
            custom.length ? (
              <ul>
                {custom.map((one) => (
                  <li key={one}>{one}</li>
                ))}
              </ul>
            ) : (
              '–'
            ),
          ],
          ...syncFacts(view, keyName),
        ]}
      />
    </Section>
  );
}

function ScheduleOf({ view, changed }: Part) {
  const [draft, setDraft] = useState<Schemas['Schedule'] | null>(null);
  const saving = useDo();
  const { schedule } = view;
  const edit = () =>
    setDraft({
      kind: schedule.kind,
      active: schedule.active,
      ...(schedule.kind === 'custom' && { cron: schedule.cron ?? [], timezone: schedule.timezone ?? null }),
    });
  const save = () =>
    draft &&
    saving.run(async () => {
      changed(
        await api('put', '/exports/{id}/schedule', { ids: { id: view.exportId }, version: view.version, body: draft }),
      );
      setDraft(null);
      announce(t('common.saved'));
    });
  return (
    <Section
      title={t('exports.schedule')}
      actions={
        view.permissions === 'edit' &&
        !draft && (
          <button type="button" onClick={edit}>
            {t('schedule.change')}
          </button>
        )
      }
    >
      {!draft && (
        <p>
          {word('scheduleKind', schedule.kind)}
          {schedule.kind !== 'manual' && !schedule.active && ` – ${t('schedule.off')}`}
        </p>
      )}
      {!draft && schedule.nextRunsUtc.length > 0 && (
        <>
          <p>{t('schedule.next')}</p>
          <ul>
            {schedule.nextRunsUtc.map((utc) => (
              <li key={utc}>{planned(utc)}</li>
            ))}
          </ul>
        </>
      )}
      {draft && (
        <Form onSubmit={save} class="form">
          <ScheduleFields schedule={draft} onSchedule={setDraft} problem={saving.problem} />
          <ProblemNote problem={saving.problem} />
          <div class="actions">
            <button type="submit" class="primary" disabled={saving.busy}>
              {t('common.save')}
            </button>
            <button type="button" onClick={() => setDraft(null)}>
              {t('common.cancel')}
            </button>
          </div>
        </Form>
      )}
    </Section>
  );
}

function RunsOf({ id }: { id: string }) {
  const runs = usePages((cursor) => api('get', '/runs', { query: { exportId: id, cursor, limit: 10 } }), [id]);
  return (
    <Section title={t('runs.title')}>
      <ProblemNote problem={runs.problem} retry={runs.reload} />
      {runs.data?.items.length === 0 && <p>{t('exports.neverRun')}</p>}
      {runs.data && runs.data.items.length > 0 && (
        <Table
          caption={t('runs.title')}
          columns={runColumns('submitted')}
          rows={runs.data.items}
          keyOf={(run) => run.runId}
        />
      )}
      <Pager list={runs} />
    </Section>
  );
}
