// What was compared with the list after a run, what that found, and comparing it again now.

import { useEffect, useState } from 'preact/hooks';
import { api, download, type Schemas } from '../core/api.ts';
import { useDo, useKey, usePages } from '../core/hooks.ts';
import { duration, moment, number, t, word } from '../core/i18n.ts';
import { useWho } from '../core/who.ts';
import { onList } from '../parts/counts.tsx';
import { Radios } from '../parts/form.tsx';
import { announce } from '../parts/live.tsx';
import { Section } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Status } from '../parts/status.tsx';
import { Pager, Table, type Column } from '../parts/table.tsx';

type Run = Schemas['RunView'];
type Level = Schemas['VerificationLevel'];
type Verification = Schemas['VerificationView'];
const LEVELS: Level[] = ['counts', 'sample', 'full'];
const FOUND = ['confirmed', 'missing', 'changedByOthers', 'strangers', 'unknown', 'bound'] as const;
const ASK_EVERY_MS = 1500;
/** The service reads so many pages of a thousand people at a time; one takes about a second. */
const [PAGES_AT_A_TIME, PEOPLE_OF_A_PAGE] = [8, 1000];

const isOpen = ({ status }: Verification): boolean => status === 'queued' || status === 'running';
const took = ({ startUtc, endUtc }: Verification): number | null =>
  startUtc && endUtc ? (Date.parse(endUtc) - Date.parse(startUtc)) / 1000 : null;

/** How many seconds reading the complete list takes: as long as the last time, or else by its pages. */
function fullSeconds(run: Run, earlier: Verification[]): number {
  const last = earlier.find((one) => one.level === 'full' && one.status === 'completed');
  const pages = earlier.find((one) => one.pagesOf)?.pagesOf ?? Math.ceil(onList(run.counts) / PEOPLE_OF_A_PAGE);
  return Math.max(1, (last && took(last)) ?? pages / PAGES_AT_A_TIME);
}

/** Numbers that the level cannot know, or does not know yet, are a dash. */
const columns = (differences: (one: Verification) => preact.ComponentChildren): Column<Verification>[] => [
  { name: t('verify.when'), cell: (one) => moment(one.endUtc ?? one.requestedUtc) },
  {
    name: t('verify.level'),
    cell: (one) => (
      <>
        {word('verifyLevel', one.level)} <Status group="verificationStatus" code={one.status} />
        {one.reason && <p lang="en">{one.reason}</p>}
        {differences(one)}
      </>
    ),
  },
  ...FOUND.map((name) => ({
    name: t(`verified.${name}`),
    cell: (one: Verification) => (one[name] === null ? '–' : number(one[name])),
    number: true,
  })),
];

export function Verifications({ run }: { run: Run }) {
  const { mayEdit } = useWho();
  const saving = useDo();
  const list = usePages(
    (cursor) => api('get', '/runs/{id}/verifications', { ids: { id: run.runId }, query: { cursor } }),
    [run.runId],
  );
  const items = list.data?.items ?? [];
  const isWaiting = items.some(isOpen);
  useEffect(() => {
    if (!isWaiting || list.loading) return undefined;
    const timer = setTimeout(list.reload, ASK_EVERY_MS);
    return () => clearTimeout(timer);
  }, [isWaiting, list.loading]);
  useEffect(() => {
    const [newest] = items;
    if (newest && !isWaiting && list.page === 1) announce(word('verificationStatus', newest.status));
  }, [isWaiting]);
  const differences = (one: Verification) => {
    const found = (one.missing ?? 0) + (one.changedByOthers ?? 0) + (one.strangers ?? 0) + (one.unknown ?? 0);
    if (!mayEdit || isOpen(one) || found === 0 || one.level === 'counts') return null;
    const ids = { id: run.runId, verificationId: one.verificationId };
    const path = '/runs/{id}/verifications/{verificationId}/differences';
    const name = `differences-${one.verificationId}.csv`;
    return (
      <button
        type="button"
        class="link"
        disabled={saving.busy}
        onClick={() => saving.run(() => download(path, ids, {}, name))}
      >
        {t('verify.download')}
      </button>
    );
  };
  return (
    <Section title={t('verify.title')}>
      <p>{t('verify.text')}</p>
      <ProblemNote problem={list.problem} retry={list.reload} />
      {list.data && items.length === 0 && <p>{t('verify.none', { step: t('step.sync') })}</p>}
      {items.length > 0 && (
        <Table
          caption={t('verify.title')}
          rows={items}
          keyOf={(one) => one.verificationId}
          columns={columns(differences)}
        />
      )}
      <Pager list={list} />
      {items.length > 0 && <Meaning />}
      {mayEdit && <p class="hint">{t('verify.personal')}</p>}
      <ProblemNote problem={saving.problem} />
      {mayEdit && run.status !== 'skipped' && run.counts.remaining === 0 && (
        <CheckNow run={run} earlier={items} asked={list.reload} />
      )}
    </Section>
  );
}

function Meaning() {
  return (
    <details>
      <summary>{t('verify.meaning')}</summary>
      <dl class="facts">
        {FOUND.map((name) => (
          <div key={name}>
            <dt>{t(`verified.${name}`)}</dt>
            <dd>{t(`meaning.${name}`)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

interface CheckProps {
  run: Run;
  earlier: Verification[];
  asked(): void;
}

function CheckNow({ run, earlier, asked }: CheckProps) {
  const [level, setLevel] = useState<Level>('counts');
  const doing = useDo();
  const keyOf = useKey();
  const check = () =>
    doing.run(async () => {
      const ids = { id: run.runId };
      await api('post', '/runs/{id}/verifications', {
        ids,
        body: { level },
        key: keyOf([level, earlier[0]?.verificationId]),
      });
      asked();
      announce(t('verify.asked'));
    });
  const hint = (one: Level) =>
    one === 'full' ? t('verifyHint.full', { time: duration(fullSeconds(run, earlier)) }) : t(`verifyHint.${one}`);
  return (
    <>
      <Radios
        legend={t('verify.again')}
        value={level}
        onInput={(value) => setLevel(value as Level)}
        choices={LEVELS.map((one) => [one, word('verifyLevel', one), hint(one)])}
      />
      <button type="button" disabled={doing.busy || earlier.some(isOpen)} onClick={check}>
        {t('verify.now')}
      </button>
      <ProblemNote problem={doing.problem} />
    </>
  );
}
