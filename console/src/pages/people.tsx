// Why somebody is not on a list: what every export knows of a person, and what Campaign Monitor has now.

import { useEffect, useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { useDo } from '../core/hooks.ts';
import { moment, t, word } from '../core/i18n.ts';
import { onAsked, personOf, takeAsked } from '../core/person.ts';
import { to } from '../core/router.ts';
import { useWho } from '../core/who.ts';
import { Check, Form, Text } from '../parts/form.tsx';
import { announce } from '../parts/live.tsx';
import { Empty, Facts, Page, Section } from '../parts/page.tsx';
import { PersonLink } from '../parts/person-link.tsx';
import { PersonRejections, PersonValues } from '../parts/person-rows.tsx';
import { errorAt, ProblemNote } from '../parts/problem.tsx';
import { Status } from '../parts/status.tsx';

type Found = Schemas['PersonView'];
type AtList = Schemas['PersonAtListView'];

export function People() {
  const { mayEdit } = useWho();
  return (
    <Page title={t('people.title')}>
      <p class="lead">{t('people.lead')}</p>
      {mayEdit ? <Search /> : <Empty title={t('problem.forbidden')} text={t('members.viewer')} />}
    </Page>
  );
}

/** The name of the person stands in no address, so it is neither in the history of the browser nor in a log. */
function Search() {
  const [name, setName] = useState('');
  const [live, setLive] = useState(false);
  const [found, setFound] = useState<Found | null>(null);
  const searching = useDo();
  const search = (wanted: string) =>
    searching.run(async () => {
      setFound(null);
      const answer = await api('post', '/people/search', { body: { ...personOf(wanted), live } });
      setFound(answer);
      announce(t('people.found', { n: answer.exports.length }));
    });
  // A page that shows a person leads here, and nobody types what stands there.
  useEffect(() => {
    const ask = (wanted: string) => {
      setName(wanted);
      void search(wanted);
    };
    const asked = takeAsked();
    if (asked) ask(asked);
    return onAsked(ask);
  }, []);
  const { problem } = searching;
  return (
    <>
      <Form class="form" role="search" onSubmit={() => search(name)}>
        <Text
          label={t('people.name')}
          hint={t('people.personal')}
          value={name}
          onInput={setName}
          required
          maxLength={1000}
          spellcheck={false}
          error={errorAt(problem, '/email') ?? errorAt(problem, '/customerId')}
        />
        <Check label={t('people.live')} hint={t('people.liveHint')} checked={live} onInput={setLive} />
        <button type="submit" class="primary" disabled={searching.busy}>
          {t(searching.busy ? 'people.searching' : 'people.find')}
        </button>
      </Form>
      <ProblemNote problem={problem} />
      {found?.exports.length === 0 && <Empty title={t('people.none')} text={t('people.noneText')} />}
      {found?.exports.map((one) => (
        <Standing key={one.exportId + one.listId} at={one} />
      ))}
    </>
  );
}

/** What the person is to one list: in a sentence, with what to do, and what it is concluded from. */
function Standing({ at }: { at: AtList }) {
  const { code } = at.standing;
  const isGone = at.listUse === 'exportRemoved';
  return (
    <Section title={at.exportName} actions={!isGone && <a href={to('exports', at.exportId)}>{t('people.export')}</a>}>
      <p>
        <Status group="standing" code={code} />
        {at.listUse !== 'current' && <span class="small"> {word('listUse', at.listUse)}</span>}
      </p>
      <p class="strong">{word('standingText', code)}</p>
      <p>{word('standingTodo', code)}</p>
      {at.addresses.map((one) => (
        <Facts
          key={one.email}
          facts={[
            [t('matching.email'), one.email],
            [t('rejections.customer'), <PersonLink key="c" name={one.customerId} />],
            [t('members.state'), word('memberState', one.state)],
            [t('people.since'), <RunLink key="s" run={one.since} />],
            [t('people.lastAnswer'), <RunLink key="a" run={one.lastAnswer} />],
            [t('members.origin'), word('memberOrigin', one.origin)],
          ]}
        />
      ))}
      {at.lastRun && (
        <p>
          {t('people.lastRun')} <RunLink run={at.lastRun} /> <Status group="runStatus" code={at.lastRun.status} />
        </p>
      )}
      {at.openRunId && (
        <p>
          <a href={to('runs', at.openRunId)}>{t('people.openRun')}</a>
        </p>
      )}
      <PersonRejections rows={at.rejections} />
      <PersonValues rows={at.valueProblems} />
      {at.live && <Live live={at.live} />}
    </Section>
  );
}

function RunLink({ run }: { run: { runId: string; endUtc?: string | null } }) {
  return <a href={to('runs', run.runId)}>{run.endUtc ? moment(run.endUtc) : t('problem.openRun')}</a>;
}

/** What Campaign Monitor has now, or why it could not be asked. */
function Live({ live }: { live: Schemas['LiveView'] }) {
  return (
    <div class="note calm">
      <p class="strong">{t('people.now')}</p>
      <ul>
        {live.answers.map(({ email, state }) => (
          <li key={email}>
            {email}: {state ? word('liveState', state) : t('people.neverThere')}
          </li>
        ))}
      </ul>
      {live.problem && <p>{word('liveProblem', live.problem.code)}</p>}
    </div>
  );
}
