// What runs by itself: the system refresh of the instance, and the next times of every export.

import { useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { everything, useDo, useLoad } from '../core/hooks.ts';
import { planned, t, word, zone } from '../core/i18n.ts';
import { to } from '../core/router.ts';
import { useWho } from '../core/who.ts';
import { Check, Form, Radios, Select, Text } from '../parts/form.tsx';
import { announce } from '../parts/live.tsx';
import { Empty, Page, Section } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { WEEKDAYS, zones } from '../parts/schedule.tsx';
import { Table } from '../parts/table.tsx';

export function SchedulePage() {
  const { isAdmin } = useWho();
  const exports = useLoad(() => everything((cursor) => api('get', '/exports', { query: { cursor, limit: 200 } })), []);
  const next = (exports.data ?? [])
    .flatMap((one) => one.schedule.nextRunsUtc.map((utc) => ({ utc, one })))
    .sort((a, b) => a.utc.localeCompare(b.utc))
    .slice(0, 50);
  return (
    <Page title={t('schedule.title')}>
      <p class="lead">{t('schedule.lead', { zone: zone() })}</p>
      {isAdmin && <Refresh changed={exports.reload} />}
      <Section title={t('schedule.next')}>
        <ProblemNote problem={exports.problem} retry={exports.reload} />
        {exports.data && next.length === 0 && <Empty title={t('schedule.none')} text={t('schedule.noneText')} />}
        {next.length > 0 && (
          <Table
            caption={t('schedule.next')}
            rows={next}
            keyOf={(row) => row.utc + row.one.exportId}
            columns={[
              { name: t('schedule.when'), cell: (row) => planned(row.utc) },
              {
                name: t('runs.export'),
                cell: (row) => <a href={to('exports', row.one.exportId)}>{row.one.displayName}</a>,
              },
              { name: t('exports.schedule'), cell: (row) => word('scheduleKind', row.one.schedule.kind) },
            ]}
          />
        )}
      </Section>
    </Page>
  );
}

function Refresh({ changed }: { changed(): void }) {
  const loaded = useLoad(() => api('get', '/schedule'), []);
  return (
    <Section title={t('refresh.title')}>
      <p>{t('refresh.text')}</p>
      <ProblemNote problem={loaded.problem} retry={loaded.reload} />
      {loaded.data && (
        <RefreshForm
          key={loaded.data.version}
          stored={loaded.data}
          saved={(view) => {
            loaded.set(view);
            changed();
          }}
        />
      )}
    </Section>
  );
}

function RefreshForm({
  stored,
  saved,
}: {
  stored: Schemas['RefreshScheduleView'];
  saved(view: Schemas['RefreshScheduleView']): void;
}) {
  const [active, setActive] = useState(stored.active);
  const [recurrence, setRecurrence] = useState(stored.recurrence);
  const [weekdays, setWeekdays] = useState<Schemas['Weekday'][]>(stored.weekdays);
  const [times, setTimes] = useState<string[]>(stored.times);
  const [timezone, setTimezone] = useState(stored.version > 0 ? stored.timezone : zone());
  const saving = useDo();
  const save = () =>
    saving.run(async () => {
      const body = { active, recurrence, times, timezone, ...(recurrence === 'weekly' && { weekdays }) };
      saved(await api('put', '/schedule', { body, ...(stored.version > 0 && { version: stored.version }) }));
      announce(t('common.saved'));
    });
  const setTime = (index: number, time: string) => setTimes(times.map((one, at) => (at === index ? time : one)));
  return (
    <Form onSubmit={save} class="form">
      <Check label={t('refresh.active')} checked={active} onInput={setActive} />
      {active && (
        <>
          <Radios
            legend={t('refresh.recurrence')}
            value={recurrence}
            onInput={(value) => setRecurrence(value as Schemas['Recurrence'])}
            choices={[
              ['daily', t('schedule.everyDay')],
              ['weekly', t('refresh.someDays')],
            ]}
          />
          {recurrence === 'weekly' && (
            <fieldset class="days">
              <legend>{t('schedule.days')}</legend>
              {WEEKDAYS.map((day) => (
                <Check
                  key={day}
                  label={word('weekday', day)}
                  checked={weekdays.includes(day)}
                  onInput={(on) => setWeekdays(on ? [...weekdays, day] : weekdays.filter((one) => one !== day))}
                />
              ))}
            </fieldset>
          )}
          <div class="inline">
            {times.map((time, index) => (
              <Text
                key={index}
                label={t('schedule.timeOf', { n: index + 1 })}
                type="time"
                value={time}
                required
                onInput={(value) => setTime(index, value)}
              />
            ))}
            {times.length < 4 && (
              <button type="button" onClick={() => setTimes([...times, '18:00'])}>
                {t('refresh.addTime')}
              </button>
            )}
            {times.length > 1 && (
              <button type="button" onClick={() => setTimes(times.slice(0, -1))}>
                {t('refresh.removeTime')}
              </button>
            )}
          </div>
          <Select label={t('schedule.timezone')} value={timezone} onInput={setTimezone} choices={zones()} />
        </>
      )}
      <ProblemNote problem={saving.problem} />
      {stored.nextRunsUtc.length > 0 && (
        <p>
          {t('schedule.next')}: {stored.nextRunsUtc.map((utc) => planned(utc)).join(' · ')}
        </p>
      )}
      <div class="actions">
        <button type="submit" disabled={saving.busy}>
          {t('common.save')}
        </button>
      </div>
    </Form>
  );
}
