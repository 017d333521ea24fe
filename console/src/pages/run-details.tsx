// The people that a run did not put on the list, and the values it could not send: to filter, and to download.

import { useState } from 'preact/hooks';
import { api, download, type Answer, type Schemas } from '../core/api.ts';
import { useDo, usePages } from '../core/hooks.ts';
import { number, t, word } from '../core/i18n.ts';
import { saidOf } from '../core/said.ts';
import { Select } from '../parts/form.tsx';
import { Section } from '../parts/page.tsx';
import { PersonLink } from '../parts/person-link.tsx';
import { ProblemNote, Said } from '../parts/problem.tsx';
import { Pager, Table } from '../parts/table.tsx';

type Run = Schemas['RunView'];
const OUTCOMES: Schemas['RejectionOutcome'][] = ['rejected', 'invalid', 'duplicate', 'inDoubt'];
const CODES: Schemas['ProblemCode'][] = [
  'notADate',
  'outOfRange',
  'notANumber',
  'unknownOption',
  'unknownCountry',
  'notAPhoneNumber',
  'cut',
  'consentUnreadable',
  'repaired',
];

/** Rows are personal data, and reading them stands in the audit: they are read when somebody asks. */
function Rows<T>({
  title,
  text,
  run,
  path,
  choices,
  filter,
  filterName,
  read,
  table,
}: {
  title: string;
  text: string;
  run: Run;
  path: '/runs/{id}/rejections' | '/runs/{id}/value-problems';
  choices: [string, string][];
  filter: string;
  filterName: string;
  read(filter: string, cursor: string | undefined): Promise<{ items: T[]; nextCursor: string | null }>;
  table(rows: T[]): preact.ComponentChildren;
}) {
  const [shown, setShown] = useState(false);
  const [chosen, setChosen] = useState('');
  const saving = useDo();
  const list = usePages(
    async (cursor) => (shown ? read(chosen, cursor) : { items: [], nextCursor: null }),
    [run.runId, shown, chosen],
  );
  const name = `${path.split('/').pop()}-${run.runId}.csv`;
  const save = () => saving.run(() => download(path, { id: run.runId }, { [filter]: chosen }, name));
  return (
    <Section title={title}>
      <p>{text}</p>
      <div class="inline">
        <Select label={filterName} value={chosen} onInput={setChosen} choices={[['', t('common.all')], ...choices]} />
        {!shown && (
          <button type="button" onClick={() => setShown(true)}>
            {t('rows.show')}
          </button>
        )}
        <button type="button" disabled={saving.busy} onClick={save}>
          {t('rows.download')}
        </button>
      </div>
      <ProblemNote problem={list.problem ?? saving.problem} retry={list.problem ? list.reload : undefined} />
      {shown && list.data && !list.loading && list.data.items.length === 0 && (
        <p>
          {t('rows.none')} {chosen && t('rows.noneOfFilter', { all: t('common.all') })}
        </p>
      )}
      {list.data && list.data.items.length > 0 && table(list.data.items)}
      <Pager list={list} />
    </Section>
  );
}

export function Rejections({ run }: { run: Run }) {
  const count = OUTCOMES.reduce((sum, outcome) => sum + run.counts[outcome], 0);
  if (count === 0) return null;
  const present = OUTCOMES.filter((outcome) => run.counts[outcome] > 0);
  return (
    <Rows
      title={t('rejections.title')}
      text={t('rejections.text', { n: count })}
      run={run}
      path="/runs/{id}/rejections"
      filter="outcome"
      filterName={t('rejections.outcome')}
      choices={present.map((one) => [one, `${word('count', one)} (${number(run.counts[one])})`])}
      read={(outcome, cursor): Promise<Answer<'get', '/runs/{id}/rejections'>> =>
        api('get', '/runs/{id}/rejections', {
          ids: { id: run.runId },
          query: { cursor, outcome: outcome ? (outcome as Schemas['RejectionOutcome']) : undefined },
        })
      }
      table={(rows) => (
        <Table
          caption={t('rejections.title')}
          rows={rows}
          keyOf={(_, index) => index}
          columns={[
            { name: t('rejections.customer'), cell: (one) => <PersonLink name={one.customerId} /> },
            { name: t('matching.email'), cell: (one) => <PersonLink name={one.email} isEmail /> },
            { name: t('rejections.outcome'), cell: (one) => word('count', one.outcome) },
            { name: t('rejections.why'), cell: (one) => <Said said={saidOf('rejection', one)} /> },
            { name: t('rejections.winner'), cell: (one) => <PersonLink name={one.winner ?? ''} /> },
          ]}
        />
      )}
    />
  );
}

/** `fieldName` is the name of a field of the list by its key. */
export function ValueProblems({ run, fieldName }: { run: Run; fieldName(key: string): string }) {
  return (
    <Rows
      title={t('valueProblems.title')}
      text={t('valueProblems.text')}
      run={run}
      path="/runs/{id}/value-problems"
      filter="code"
      filterName={t('values.why')}
      choices={CODES.map((one) => [one, word('valueProblem', one)])}
      read={(code, cursor): Promise<Answer<'get', '/runs/{id}/value-problems'>> =>
        api('get', '/runs/{id}/value-problems', {
          ids: { id: run.runId },
          query: { cursor, code: code ? (code as Schemas['ProblemCode']) : undefined },
        })
      }
      table={(rows) => (
        <Table
          caption={t('valueProblems.title')}
          rows={rows}
          keyOf={(one) => `${one.position} ${one.key}`}
          columns={[
            { name: t('rejections.customer'), cell: (one) => <PersonLink name={one.customerId} /> },
            { name: t('matching.email'), cell: (one) => <PersonLink name={one.email} isEmail /> },
            { name: t('values.field'), cell: (one) => `${one.field} → ${fieldName(one.key)}` },
            { name: t('values.why'), cell: (one) => word('valueProblem', one.code) },
            { name: t('values.value'), cell: (one) => one.value },
            { name: t('test.sent'), cell: (one) => one.sent ?? '–' },
          ]}
        />
      )}
    />
  );
}
