// Every error in the same form: what happened, why, what to do, and the reference for the operator.

import { createContext } from 'preact';
import { useContext, useEffect, useRef } from 'preact/hooks';
import type { Problem } from '../core/api.ts';
import { languageTag, t, word, wordIfKnown } from '../core/i18n.ts';
import { saidOf, type Sayable } from '../core/said.ts';
import { go, to } from '../core/router.ts';
import { WhoContext } from '../core/who.ts';

/** What the page is about, so that an error leads to where it is mended. */
export const AboutContext = createContext<{ connectionId?: string | null; exportId?: string }>({});

interface NoteProps {
  problem: Problem | null;
  retry?: (() => void) | undefined;
  /** Whether it is about something that nobody did just now: then it takes neither the screen nor the reader along. */
  calm?: boolean;
}

export function ProblemNote({ problem, retry, calm = false }: NoteProps) {
  const note = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!calm) note.current?.scrollIntoView?.({ block: 'nearest' });
  }, [problem]);
  if (!problem) return null;
  const title = wordIfKnown('problem', problem.errorCode) ?? problem.title;
  const errors = problem.errors ?? [];
  // The detail repeats the first error, which stands in the list.
  const detail = errors.some(({ message }) => message === problem.detail) ? '' : problem.detail;
  return (
    <div ref={note} class={calm ? 'note calm' : 'note bad'} role={calm ? undefined : 'alert'}>
      <p class="strong">{title}</p>
      {detail && <p lang={problem.language === languageTag() ? undefined : 'en'}>{detail}</p>}
      {errors.length > 0 && (
        <ul>
          {errors.map((error) => (
            <li key={error.pointer + error.message}>
              <Said said={saidOf('fieldError', error, problem.language)} />
            </li>
          ))}
        </ul>
      )}
      <p>
        {wordIfKnown('remedy', problem.errorCode) ?? word('remedyOf', problem.culprit)}{' '}
        <Mend code={problem.errorCode} />
      </p>
      {problem.dependants && problem.dependants.length > 0 && (
        <ul>
          {problem.dependants.map((one) => (
            <li key={one.exportId}>
              <a href={to('exports', one.exportId)}>{one.displayName}</a>
            </li>
          ))}
        </ul>
      )}
      {problem.runId && (
        <p>
          <a href={to('runs', problem.runId)}>{t('problem.openRun')}</a>
        </p>
      )}
      {problem.traceId && (
        <p class="small">
          {t('problem.reference')} <code>{problem.traceId}</code>
        </p>
      )}
      {retry && (
        <button type="button" onClick={retry}>
          {t('common.retry')}
        </button>
      )}
    </div>
  );
}

/** The way to what the remedy names. */
function Mend({ code }: { code: string }) {
  const { connectionId, exportId } = useContext(AboutContext);
  const isAdmin = useContext(WhoContext)?.session.role === 'Admin';
  if (code === 'connectionNotConnected' && connectionId && isAdmin)
    return <a href={to('connections', connectionId)}>{t('problem.openConnection')}</a>;
  if (code === 'exportInactive' && exportId)
    return (
      <button
        type="button"
        onClick={() => {
          const attach = document.querySelector<HTMLElement>('#attach select');
          if (attach) attach.focus();
          else go('exports', exportId);
        }}
      >
        {t('exports.attach')}
      </button>
    );
  return null;
}

/** The first message of a problem about one field of the body. */
export const errorAt = (problem: Problem | null, pointer: string): string | undefined =>
  problem?.errors
    ?.filter((error) => error.pointer === pointer || error.pointer.startsWith(`${pointer}/`))
    .map((error) => saidOf('fieldError', error, problem.language).text)[0];

/** A sentence in the reader's language; where the service's own says more, that too. */
export function Said({ said }: { said: ReturnType<typeof saidOf> }) {
  return (
    <>
      <span lang={said.language}>{said.text}</span>
      {said.original && (
        <>
          {' '}
          <span class="small" lang="en">
            {said.original}
          </span>
        </>
      )}
    </>
  );
}

/** Sentences of the API that need attention and stop nothing. */
export function Warnings({ warnings }: { warnings: Sayable[] }) {
  if (!warnings.length) return null;
  return (
    <div class="note warn">
      {warnings.map((warning) => (
        <p key={warning.code + warning.message}>
          <Said said={saidOf('warning', warning)} />
        </p>
      ))}
    </div>
  );
}
