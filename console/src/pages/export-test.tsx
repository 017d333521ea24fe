// One member, sent for real and read back, so that the first mail to many is not the test.

import { useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { useDo } from '../core/hooks.ts';
import { current, t, word } from '../core/i18n.ts';
import { Form, Text } from '../parts/form.tsx';
import { announce } from '../parts/live.tsx';
import { Section } from '../parts/page.tsx';
import { ProblemNote, Warnings } from '../parts/problem.tsx';
import { Table } from '../parts/table.tsx';

/** `fieldName` is the name of a field of the list by its key. */
export function ExportTest({ id, fieldName }: { id: string; fieldName(key: string): string }) {
  const [email, setEmail] = useState('');
  const [result, setResult] = useState<Schemas['TestView'] | null>(null);
  const testing = useDo();
  const send = () =>
    testing.run(async () => {
      setResult(await api('post', '/exports/{id}/test', { ids: { id }, body: { email: email.trim() } }));
      announce(t('test.done'));
    });
  return (
    <Section title={t('test.title')}>
      <Form onSubmit={send} class="inline">
        <Text label={t('test.email')} hint={t('test.hint')} type="email" value={email} onInput={setEmail} required />
        <button type="submit" disabled={testing.busy}>
          {t('test.send')}
        </button>
      </Form>
      <ProblemNote problem={testing.problem} />
      {result && <Result result={result} fieldName={fieldName} />}
    </Section>
  );
}

function Result({ result, fieldName }: { result: Schemas['TestView']; fieldName(key: string): string }) {
  const { differences } = result;
  return (
    <>
      <Warnings warnings={result.warnings} />
      <p class={`note ${differences.length ? 'warn' : 'good'}`}>
        {t(differences.length ? 'test.differs' : result.stored ? 'test.same' : 'test.notStored')}
        {result.answer.message && <span lang="en"> {result.answer.message}</span>}
      </p>
      {differences.length > 0 && (
        <Table
          caption={t('test.differences')}
          rows={differences}
          keyOf={(one) => one.key}
          columns={[
            { name: t('test.value'), cell: (one) => fieldName(one.key) },
            { name: t('test.sent'), cell: (one) => one.sent },
            { name: t('test.stored'), cell: (one) => one.stored ?? '–' },
          ]}
        />
      )}
      {result.valueProblems.length > 0 && (
        <ul>
          {result.valueProblems.map((one) => (
            <li key={one.key + one.code}>
              {current() === 'en'
                ? one.message
                : `${one.field} → ${fieldName(one.key)}: ${word('valueProblem', one.code)}`}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
