// Adding or changing an export, in steps. Nothing is sent by saving it.

import { useEffect, useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { commonFields, draftOf, empty, flagsFully, proposed, emailField, type Draft } from '../core/draft.ts';
import { dropDraft, keepDraft, keptDraft, NEW } from '../core/drafts.ts';
import { everything, useDo, useKey, useLoad } from '../core/hooks.ts';
import { t } from '../core/i18n.ts';
import { changes } from '../core/preview.ts';
import { go, to, type Route } from '../core/router.ts';
import { keepWarnings } from '../core/saved.ts';
import { useLivePreview } from './export-preview.ts';
import { STEPS, stepOf, type Step, type StepProps } from './export-step.ts';
import { ConnectionStep, ListStep, SegmentsStep } from './export-steps.tsx';
import { MatchingStep } from './export-matching.tsx';
import { OptionsStep } from './export-options.tsx';
import { SyncStep } from './export-sync.tsx';
import { Form } from '../parts/form.tsx';
import { headingOf, Page } from '../parts/page.tsx';
import { AboutContext, ProblemNote } from '../parts/problem.tsx';

export function AddExport({ route }: { route: Route }) {
  const segment = route.query.get('segment');
  const first = { ...empty(), segments: segment ? [segment] : [] };
  return <Editors title={t('exports.add')} first={first} stored={null} draftKey={`${NEW}${segment ?? ''}`} />;
}

export function EditExport({ id }: { id: string }) {
  const loaded = useLoad(() => api('get', '/exports/{id}', { ids: { id } }), [id]);
  if (!loaded.data)
    return (
      <Page title={headingOf(loaded, () => '')}>
        <ProblemNote problem={loaded.problem} retry={loaded.reload} />
      </Page>
    );
  return (
    <Editors
      title={t('exports.editTitle', { name: loaded.data.displayName })}
      first={draftOf(loaded.data)}
      stored={loaded.data}
      draftKey={id}
    />
  );
}

/** The steps that show what a run would do. */
const PREVIEWED: Step[] = ['matching', 'sync'];

interface EditorProps {
  title: string;
  first: Draft;
  stored: Schemas['ExportView'] | null;
  /** Under which what was typed is kept. */
  draftKey: string;
}

/** An editor that can begin anew. */
function Editors(props: EditorProps) {
  const [count, setCount] = useState(0);
  return <Editor key={count} {...props} discard={() => setCount(count + 1)} />;
}

function Editor({ title, first, stored: newest, draftKey: key, discard }: EditorProps & { discard(): void }) {
  const [kept] = useState(() => keptDraft(key));
  const stored = kept ? kept.stored : newest;
  const [draft, setDraft] = useState(kept?.draft ?? first);
  const [step, setStep] = useState<Step>((kept?.step as Step | undefined) ?? STEPS[0]);
  // The only connection is chosen for everybody.
  const begun = stored ? draftOf(stored) : { ...first, connectionId: draft.connectionId };
  const isChanged = JSON.stringify(draft) !== JSON.stringify(begun);
  const saving = useDo();
  const keyOf = useKey();
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const connections = useLoad(
    () => everything((cursor) => api('get', '/connections', { query: { cursor, limit: 200 } })),
    [],
  );
  const segments = useLoad(
    () => everything((cursor) => api('get', '/segments', { query: { cursor, limit: 200 } })),
    [],
  );
  const list = useLoad(
    async () =>
      draft.connectionId && draft.listId
        ? api('get', '/connections/{id}/lists/{listId}', { ids: { id: draft.connectionId, listId: draft.listId } })
        : null,
    [draft.connectionId, draft.listId],
  );
  const preview = useLivePreview(draft, stored, PREVIEWED.includes(step));
  const chosen = (segments.data ?? []).filter((segment) => draft.segments.includes(segment.name));

  // With one connection there is nothing to choose.
  useEffect(() => {
    const [only, ...others] = connections.data ?? [];
    if (only && others.length === 0 && !draft.connectionId) change({ connectionId: only.connectionId });
  }, [connections.data]);
  const propose = () => {
    if (emailField(draft.mapping) || !chosen.length) return;
    const found = proposed(commonFields(chosen), list.data);
    const name = draft.displayName || `${chosen.map((one) => one.displayName).join(', ')} – ${list.data?.name ?? ''}`;
    change({ mapping: found, displayName: name.slice(0, 200) });
  };

  // Who looks at something else comes back to what they have typed; the browser asks before it closes the page.
  useEffect(() => {
    if (!isChanged) dropDraft(key);
    else keepDraft(key, { draft, step, stored });
    if (!isChanged) return undefined;
    const ask = (event: Event) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [draft, step]);
  // An error is shown where it can be mended.
  useEffect(() => setStep((before) => stepOf(saving.problem) ?? before), [saving.problem]);

  const at = STEPS.indexOf(step);
  const isLast = at === STEPS.length - 1;
  const save = () =>
    saving.run(async () => {
      const saved = stored
        ? await api('patch', '/exports/{id}', {
            ids: { id: stored.exportId },
            version: stored.version,
            body: changes(draft, stored),
          })
        : await api('post', '/exports', { body: draft, key: keyOf(draft) });
      dropDraft(key);
      keepWarnings(saved);
      go('exports', saved.exportId);
    });
  const show = (next: Step) => {
    if (next === 'matching') propose();
    saving.clear();
    setStep(next);
    document.getElementById('step')?.focus();
  };
  const forward = () => (isLast ? void save() : show(STEPS[at + 1] ?? step));
  const props: StepProps = {
    draft,
    change,
    chosen,
    connections: connections.data ?? [],
    segments: segments.data ?? [],
    list: list.data,
    reread: list.reload,
    problem: saving.problem ?? preview.problem,
    preview,
  };
  // What is proposed next needs the fields of the chosen list.
  const ready = complete(step, draft) && !(step === 'list' && list.loading);
  return (
    <Page title={title} parent={[t('exports.title'), stored ? to('exports', stored.exportId) : to('exports')]}>
      {kept && (
        <div class="note calm">
          <p>{t('exports.kept')}</p>
          <button
            type="button"
            onClick={() => {
              dropDraft(key);
              discard();
            }}
          >
            {t('exports.discard')}
          </button>
        </div>
      )}
      <ol class="steps">
        {STEPS.map((name, index) => (
          <li key={name} aria-current={name === step ? 'step' : undefined} class={index < at ? 'done' : undefined}>
            {index < at || stored ? (
              <button type="button" class="link" onClick={() => show(name)}>
                {t(`step.${name}`)}
              </button>
            ) : (
              t(`step.${name}`)
            )}
          </li>
        ))}
      </ol>
      <AboutContext.Provider value={{ connectionId: draft.connectionId, ...(stored && { exportId: stored.exportId }) }}>
        <Form onSubmit={forward} class="form wide">
          <h2 id="step" tabIndex={-1}>
            {t('step.of', { n: at + 1, all: STEPS.length })} {t(`step.${step}`)}
          </h2>
          <ProblemNote problem={connections.problem ?? segments.problem} />
          {step === 'connection' && <ConnectionStep {...props} />}
          {step === 'list' && <ListStep {...props} />}
          {step === 'list' && <ProblemNote problem={list.problem} />}
          {step === 'segments' && <SegmentsStep {...props} />}
          {step === 'matching' && <MatchingStep {...props} />}
          {step === 'sync' && <SyncStep {...props} />}
          {step === 'options' && <OptionsStep {...props} />}
          <ProblemNote problem={saving.problem} />
          <div class="actions">
            {at > 0 && (
              <button type="button" onClick={() => show(STEPS[at - 1] ?? step)}>
                {t('common.back')}
              </button>
            )}
            <button type="submit" class="primary" disabled={saving.busy || !ready}>
              {t(isLast ? 'common.save' : 'common.continue')}
            </button>
            {isLast && <span class="hint">{t('exports.saveHint')}</span>}
          </div>
        </Form>
      </AboutContext.Provider>
    </Page>
  );
}

function complete(step: Step, draft: Draft): boolean {
  if (step === 'connection') return draft.connectionId !== '';
  if (step === 'list') return draft.listId !== '';
  if (step === 'segments') return draft.segments.length > 0;
  if (step === 'matching') return emailField(draft.mapping) !== '';
  return step !== 'sync' || flagsFully(draft.sync.leavers);
}
