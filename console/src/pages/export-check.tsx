// What a run would do, before it does it: who is sent, what is wrong with values, and formats to choose from.

import { useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { useDo } from '../core/hooks.ts';
import { duration, t, word } from '../core/i18n.ts';
import { CountsBar } from '../parts/counts.tsx';
import { announce } from '../parts/live.tsx';
import { Section } from '../parts/page.tsx';
import { PlanFigures } from '../parts/plan.tsx';
import { FormatProposals, InvalidProfiles, NullWordProposals, ValueProblems } from '../parts/preview-notes.tsx';
import { ProblemNote, Warnings } from '../parts/problem.tsx';

type Export = Schemas['ExportView'];
type Preview = Schemas['PreviewView'];
interface Props {
  view: Export;
  changed(view: Export): void;
}

export function ExportCheck({ view, changed }: Props) {
  const [preview, setPreview] = useState<Preview | null>(null);
  const checking = useDo();
  const ids = { id: view.exportId };
  const check = () =>
    checking.run(async () => {
      const found = await api('post', '/exports/{id}/preview', { ids });
      setPreview(found);
      announce(t('check.done', { n: found.usable }));
    });
  const patch = (mapping: Schemas['MappingPatch']) =>
    checking.run(async () => {
      changed(await api('patch', '/exports/{id}', { ids, version: view.version, body: { mapping } }));
      setPreview(await api('post', '/exports/{id}/preview', { ids }));
      announce(t('common.saved'));
    });
  const useFormat = (key: string, format: Schemas['ValueFormat']) =>
    patch({
      customFields: (view.mapping.customFields ?? []).map((one) => (one.key === key ? { ...one, format } : one)),
    });
  const useWord = (found: string) => patch({ nullWords: [...(view.mapping.nullWords ?? []), found] });
  return (
    <Section
      title={t('check.title')}
      actions={
        <button type="button" disabled={checking.busy} onClick={check}>
          {t('check.run')}
        </button>
      }
    >
      <p class="hint">{t('check.text')}</p>
      {checking.busy && <p>{t('check.running')}</p>}
      <ProblemNote problem={checking.problem} />
      {preview && (
        <>
          <CountsBar counts={preview} only={['usable', 'duplicate', 'invalid']} />
          <p>{t('check.effort', { calls: preview.calls, time: duration(preview.estimatedSeconds) })}</p>
          {preview.fullBecause && <p class="note calm">{word('fullBecause', preview.fullBecause)}</p>}
          {preview.plan && (
            <>
              <h3>{t('plan.title')}</h3>
              <PlanFigures plan={preview.plan} action={view.sync.leavers.action} />
            </>
          )}
          <Warnings warnings={preview.listWarnings} />
          <FormatProposals proposals={preview.formatProposals} use={useFormat} />
          <NullWordProposals proposals={preview.nullWordProposals} use={useWord} />
          <Unsent preview={preview} />
        </>
      )}
    </Section>
  );
}

function Unsent({ preview }: { preview: Preview }) {
  if (!preview.invalidByCode.length && !preview.valueProblems.length) return null;
  return (
    <>
      <h3>{t('check.problems')}</h3>
      <ul>
        <InvalidProfiles reasons={preview.invalidByCode} />
        <ValueProblems problems={preview.valueProblems} isNamed />
      </ul>
    </>
  );
}
