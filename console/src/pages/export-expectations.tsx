// Expected and actual: the planned times of a month as a calendar, what came of each, and how old the data on the list is.

import { useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { everything, useLoad } from '../core/hooks.ts';
import { daysOf, keyOfDay, monthFrom, monthOf } from '../core/calendar.ts';
import { duration, localeTag, moment, number, t, word } from '../core/i18n.ts';
import { to } from '../core/router.ts';
import { Facts, Section } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { WEEKDAYS } from '../parts/schedule.tsx';
import { Status } from '../parts/status.tsx';
import { Table } from '../parts/table.tsx';

/** 99.9 % is not 100 %. */
const PERCENT = { style: 'percent', maximumFractionDigits: 1 } as const;

type Planned = Schemas['ExpectationView'];
type Week = (Date | null)[];

/** The first day of a week in its month. */
const beginOf = (week: Week): string =>
  new Intl.DateTimeFormat(localeTag(), { day: 'numeric', month: 'short' }).format(week.find(Boolean) ?? undefined);

export function Expectations({ id }: { id: string }) {
  const [month, setMonth] = useState(() => monthOf(new Date()));
  const [from, until] = [monthFrom(month, 0), monthFrom(month, 1)];
  const query = { fromUtc: from.toISOString(), toUtc: until.toISOString(), limit: 200 };
  const loaded = useLoad(async () => {
    const first = await api('get', '/exports/{id}/expectations', { ids: { id }, query });
    const rest = first.nextCursor
      ? await everything((cursor) =>
          api('get', '/exports/{id}/expectations', {
            ids: { id },
            query: { ...query, cursor: cursor ?? first.nextCursor ?? undefined },
          }),
        )
      : [];
    return { items: [...first.items, ...rest], freshness: first.freshness };
  }, [id, month]);
  const { data } = loaded;
  const title = new Intl.DateTimeFormat(localeTag(), { month: 'long', year: 'numeric' }).format(from);
  return (
    <Section
      title={t('expectations.title')}
      actions={
        <>
          <button type="button" onClick={() => setMonth(monthOf(monthFrom(month, -1)))}>
            {t('expectations.before')}
          </button>
          <button type="button" onClick={() => setMonth(monthOf(until))}>
            {t('expectations.after')}
          </button>
        </>
      }
    >
      <ProblemNote problem={loaded.problem} retry={loaded.reload} />
      {data && <Freshness view={data.freshness} />}
      <h3>{title}</h3>
      {data && <Calendar month={month} items={data.items} title={title} />}
      {data && <Missed items={data.items.filter(({ status }) => status === 'missed')} />}
      {data && data.items.length === 0 && <p>{t('expectations.none')}</p>}
    </Section>
  );
}

function Freshness({ view }: { view: Schemas['FreshnessView'] }) {
  const { ageHours, objectiveHours, attained30Days } = view;
  return (
    <Facts
      facts={[
        [t('freshness.age'), ageHours === null ? '–' : duration(ageHours * 3600)],
        [
          t('freshness.objective'),
          objectiveHours === null ? t('freshness.none') : t('freshness.hours', { n: objectiveHours }),
        ],
        [t('freshness.attained'), attained30Days === null ? '–' : number(attained30Days, PERCENT)],
      ]}
    />
  );
}

/** A week is a row. What happened is a sign and a word, so that nobody needs the colours. */
function Calendar({ month, items, title }: { month: string; items: Planned[]; title: string }) {
  const of = (day: Date) => items.filter(({ plannedUtc }) => keyOfDay(new Date(plannedUtc)) === keyOfDay(day));
  return (
    <Table
      caption={title}
      rows={daysOf(month)}
      keyOf={(_, index) => index}
      columns={[
        { name: t('expectations.week'), cell: (week: Week) => beginOf(week) },
        ...WEEKDAYS.map((weekday, at) => ({
          name: word('weekday', weekday),
          cell: (week: Week) => {
            const day = week[at];
            return day ? <Day day={day} items={of(day)} /> : '';
          },
        })),
      ]}
    />
  );
}

function Day({ day, items }: { day: Date; items: Planned[] }) {
  const time = new Intl.DateTimeFormat(localeTag(), { timeStyle: 'short' });
  return (
    <>
      <span class="small">{number(day.getDate())}</span>
      {items.map((one) => (
        <div key={one.plannedUtc}>
          {one.runId ? (
            <a href={to('runs', one.runId)}>{time.format(new Date(one.plannedUtc))}</a>
          ) : (
            time.format(new Date(one.plannedUtc))
          )}{' '}
          <Status group="expectation" code={one.status} />
          {one.delaySeconds !== null && one.delaySeconds >= 60 && (
            <span class="small"> {t('expectations.delay', { time: duration(one.delaySeconds) })}</span>
          )}
        </div>
      ))}
    </>
  );
}

function Missed({ items }: { items: Planned[] }) {
  if (!items.length) return null;
  return (
    <div class="note warn">
      <p class="strong">{t('expectations.missed', { n: items.length })}</p>
      <ul>
        {items.map((one) => (
          <li key={one.plannedUtc}>
            {moment(one.plannedUtc)}: {word('missed', one.missedBecause ?? '')}{' '}
            {one.reason && word('reason', one.reason.code)}
          </li>
        ))}
      </ul>
    </div>
  );
}
