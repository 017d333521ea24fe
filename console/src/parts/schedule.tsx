// When an export runs by itself, in words; a line of cron only for what words do not cover.

import { useState } from 'preact/hooks';
import type { Schemas } from '../core/api.ts';
import { lineOf, simple } from '../core/cron.ts';
import { t, word, zone } from '../core/i18n.ts';
import { Check, Radios, Select, Text } from './form.tsx';
import { errorAt } from './problem.tsx';

export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
type Schedule = Schemas['Schedule'];

export const zones = (): [string, string][] => {
  const all = Intl.supportedValuesOf('timeZone');
  return [zone(), ...all.filter((one) => one !== zone())].map((one) => [one, one.replaceAll('_', ' ')]);
};

export function ScheduleFields({
  schedule,
  onSchedule,
  problem,
}: {
  schedule: Schedule;
  onSchedule(schedule: Schedule): void;
  problem: Schemas['Problem'] | null;
}) {
  const pick = (kind: string) =>
    onSchedule(
      kind === 'custom'
        ? { kind, active: true, cron: [lineOf('06:00', '1-5')], timezone: zone() }
        : { kind: kind as Schemas['ScheduleKind'], active: kind !== 'manual' },
    );
  return (
    <>
      <Radios
        legend={t('schedule.when')}
        value={schedule.kind}
        onInput={pick}
        choices={[
          ['systemRefresh', t('scheduleKind.systemRefresh'), t('schedule.systemRefreshHint')],
          ['custom', t('scheduleKind.custom')],
          ['manual', t('scheduleKind.manual'), t('schedule.manualHint')],
        ]}
      />
      {schedule.kind === 'custom' && <OwnTimes schedule={schedule} onSchedule={onSchedule} problem={problem} />}
      {schedule.kind !== 'manual' && (
        <Check
          label={t('schedule.active')}
          checked={schedule.active ?? true}
          onInput={(active) => onSchedule({ ...schedule, active })}
        />
      )}
    </>
  );
}

function OwnTimes({
  schedule,
  onSchedule,
  problem,
}: {
  schedule: Schedule;
  onSchedule(schedule: Schedule): void;
  problem: Schemas['Problem'] | null;
}) {
  const lines = schedule.cron ?? [];
  const [asLines, setAsLines] = useState(lines.length !== 1 || !simple(lines[0] ?? ''));
  const one = simple(lines[0] ?? '') ?? { time: '06:00', days: '1-5' };
  const set = (cron: string[]) => onSchedule({ ...schedule, cron });
  const days: [string, string][] = [
    ['1-5', t('schedule.workdays')],
    ['*', t('schedule.everyDay')],
    ...WEEKDAYS.map((day, index): [string, string] => [String((index + 1) % 7), word('weekday', day)]),
  ];
  return (
    <fieldset>
      <legend>{t('scheduleKind.custom')}</legend>
      {asLines ? (
        <Text
          label={t('schedule.cron')}
          hint={t('schedule.cronHint')}
          value={lines.join('; ')}
          required
          error={errorAt(problem, '/schedule') ?? errorAt(problem, '/cron')}
          onInput={(text) =>
            set(
              text
                .split(';')
                .map((line) => line.trim())
                .filter(Boolean),
            )
          }
        />
      ) : (
        <div class="pair">
          <Select
            label={t('schedule.days')}
            value={one.days}
            choices={days}
            onInput={(value) => set([lineOf(one.time, value)])}
          />
          <Text
            label={t('schedule.time')}
            type="time"
            value={one.time}
            required
            onInput={(time) => time && set([lineOf(time, one.days)])}
          />
        </div>
      )}
      <Select
        label={t('schedule.timezone')}
        value={schedule.timezone ?? zone()}
        choices={zones()}
        onInput={(timezone) => onSchedule({ ...schedule, timezone })}
      />
      {!asLines && (
        <button type="button" class="link" onClick={() => setAsLines(true)}>
          {t('schedule.moreTimes')}
        </button>
      )}
    </fieldset>
  );
}
