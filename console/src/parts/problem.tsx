// Every error in the same form: what happened, why, what to do, and the reference for the operator.

import { useEffect, useRef } from 'preact/hooks';
import type { Problem } from '../core/api.ts';
import { current, t, word, wordIfKnown } from '../core/i18n.ts';
import { to } from '../core/router.ts';

export function ProblemNote({ problem, retry }: { problem: Problem | null; retry?: () => void }) {
  const note = useRef<HTMLDivElement>(null);
  useEffect(() => note.current?.scrollIntoView?.({ block: 'nearest' }), [problem]);
  if (!problem) return null;
  const title = wordIfKnown('problem', problem.errorCode) ?? problem.title;
  return (
    <div ref={note} class="note bad" role="alert">
      <p class="strong">{title}</p>
      {problem.detail && <p lang="en">{problem.detail}</p>}
      {problem.errors && problem.errors.length > 1 && (
        <ul lang="en">
          {problem.errors.map((error) => (
            <li key={error.pointer + error.message}>{error.message}</li>
          ))}
        </ul>
      )}
      <p>{wordIfKnown('remedy', problem.errorCode) ?? word('remedyOf', problem.culprit)}</p>
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

/** The first message of a problem about one field of the body. */
export const errorAt = (problem: Problem | null, pointer: string): string | undefined =>
  problem?.errors?.find((error) => error.pointer === pointer || error.pointer.startsWith(`${pointer}/`))?.message;

/** Of these the API names the settings to change, which people here do by choosing. */
const OWN_WORDS = ['removesLeavers', 'unsubscribesEverywhere', 'resubscribes'];

/** Sentences of the API that need attention and stop nothing. */
export function Warnings({ warnings }: { warnings: { code: string; message: string }[] }) {
  if (!warnings.length) return null;
  return (
    <div class="note warn">
      {warnings.map(({ code, message }) => {
        const own = current() === 'en' && !OWN_WORDS.includes(code) ? null : wordIfKnown('warning', code);
        return (
          <p key={code + message} lang={own ? undefined : 'en'}>
            {own ?? message}
          </p>
        );
      })}
    </div>
  );
}
