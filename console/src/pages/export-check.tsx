// What a run would do, before it does it: who is sent, what is wrong with values, and formats to choose from.

import { useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { useDo } from '../core/hooks.ts';
import { duration, number, t, word } from '../core/i18n.ts';
import { CountsBar } from '../parts/counts.tsx';
import { formatKey } from '../parts/formats.ts';
import { announce } from '../parts/live.tsx';
import { Section } from '../parts/page.tsx';
import { PlanFigures } from '../parts/plan.tsx';
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
          <Proposals preview={preview} view={view} patch={patch} />
          <Unsent preview={preview} />
        </>
      )}
    </Section>
  );
}

function Proposals({
  preview,
  view,
  patch,
}: {
  preview: Preview;
  view: Export;
  patch(mapping: Schemas['MappingPatch']): void;
}) {
  const fields = view.mapping.customFields ?? [];
  const useFormat = (key: string, format: Schemas['ProposedFormat']) =>
    patch({
      customFields: fields.map((field) =>
        field.key === key ? { ...field, format: format as Schemas['ValueFormat'] } : field,
      ),
    });
  const useWord = (found: string) => patch({ nullWords: [...(view.mapping.nullWords ?? []), found] });
  return (
    <>
      {preview.formatProposals.map((one) => (
        <div class="note calm" key={one.key}>
          <p class="strong">{t('check.proposal', { field: one.field, n: one.fitting, all: one.values })}</p>
          <ul>
            {one.formats.map((reading) => {
              const label = formatKey(reading.format as Schemas['ValueFormat']);
              return (
                <li key={label}>
                  {t('check.reading', { value: reading.value, sent: reading.sent })}{' '}
                  <button type="button" onClick={() => useFormat(one.key, reading.format)}>
                    {t('check.use', { format: label })}
                  </button>
                </li>
              );
            })}
          </ul>
        </div>
      ))}
      {preview.nullWordProposals.map((one) => (
        <div class="note calm" key={one.word}>
          <p>
            {t('check.nullWord', { word: one.word, n: one.count })}{' '}
            <button type="button" onClick={() => useWord(one.word)}>
              {t('check.useNullWord', { word: one.word })}
            </button>
          </p>
        </div>
      ))}
    </>
  );
}

function Unsent({ preview }: { preview: Preview }) {
  if (!preview.invalidByCode.length && !preview.valueProblems.length) return null;
  return (
    <>
      <h3>{t('check.problems')}</h3>
      <ul>
        {preview.invalidByCode.map((one) => (
          <li key={one.code}>
            <strong>{number(one.count)}</strong> {word('rejection', one.code)}{' '}
            <span class="small">
              {one.examples
                .slice(0, 3)
                .map((example) => example.value ?? example.email)
                .filter(Boolean)
                .join(' · ')}
            </span>
          </li>
        ))}
        {preview.valueProblems.map((one) => (
          <li key={one.key + one.code}>
            <strong>{number(one.count)}</strong> {one.field}: {word('valueProblem', one.code)}{' '}
            <span class="small">
              {one.examples
                .slice(0, 3)
                .map((example) => `“${example.value}”`)
                .join(' · ')}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
