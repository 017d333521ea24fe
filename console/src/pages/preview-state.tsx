// How the preview beside a form stands: what it still needs, that it reads, how many it found, or why there is none. All
// of it at its place, without an alert: it is read by itself, so nobody did anything wrong.

import { useEffect } from 'preact/hooks';
import { t, word } from '../core/i18n.ts';
import type { LivePreview } from './export-preview.ts';
import { announce } from '../parts/live.tsx';
import { ProblemNote } from '../parts/problem.tsx';

export function PreviewState({ preview }: { preview: LivePreview }) {
  const { asked, missing, busy, view, problem, show } = preview;
  const isCrowded = problem?.errorCode === 'tooManyRequests';
  useEffect(() => {
    if (problem) announce(t(isCrowded ? 'preview.crowded' : 'preview.failed'));
  }, [problem]);
  if (!asked) return null;
  if (missing.length > 0) return <Needs codes={missing} group="missing" />;
  if (isCrowded)
    return (
      <div class="note calm">
        <p>{t('preview.crowded')}</p>
        <button type="button" onClick={show}>
          {t('common.retry')}
        </button>
      </div>
    );
  return (
    <>
      <p class="hint">{busy || !view ? busy && t('check.running') : t('check.done', { n: view.usable })}</p>
      <ProblemNote problem={problem} retry={show} calm />
    </>
  );
}

/** What somebody has yet to choose, in sentences. */
export function Needs({ codes, group }: { codes: string[]; group: 'missing' | 'undecided' }) {
  if (codes.length === 0) return null;
  return (
    <div class="note calm">
      <p class="strong">{t('preview.needs')}</p>
      <ul>
        {codes.map((code) => (
          <li key={code}>{group === 'missing' ? word('missing', code) : word('undecided', code)}</li>
        ))}
      </ul>
    </div>
  );
}
