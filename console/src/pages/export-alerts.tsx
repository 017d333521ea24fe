// The rules of alerts of one export: those of the instance, except where it has its own.

import { useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { useDo, useLoad } from '../core/hooks.ts';
import { t, word } from '../core/i18n.ts';
import { EXPORT_KINDS, usualRule, withChannels, withRule, type Rule, type RuleKind } from '../core/rules.ts';
import { useChannelNames } from './alert-rules.tsx';
import { Form, Select } from '../parts/form.tsx';
import { announce } from '../parts/live.tsx';
import { Section } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { RuleFieldset, RulesTable } from '../parts/rules.tsx';

type Rules = Schemas['RulesView'];
const CHOICES = ['inherited', 'own', 'silent'] as const;
type Choice = (typeof CHOICES)[number];

const choiceOf = (rule: Rule | null): Choice =>
  rule === null ? 'inherited' : rule.channels?.length === 0 ? 'silent' : 'own';

export function ExportAlerts({ view }: { view: Schemas['ExportView'] }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Section title={t('rules.title')}>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t('rules.showExport')}</summary>
        {isOpen && <OwnRules view={view} />}
      </details>
    </Section>
  );
}

function OwnRules({ view }: { view: Schemas['ExportView'] }) {
  const ids = { id: view.exportId };
  const channels = useChannelNames();
  const loaded = useLoad(() => api('get', '/exports/{id}/alert-rules', { ids }), [view.exportId]);
  const [draft, setDraft] = useState<Rule[] | null>(null);
  const saving = useDo();
  const rules = loaded.data;
  const save = () =>
    draft &&
    saving.run(async () => {
      const call = { ids, version: rules?.version, body: { rules: draft } };
      loaded.set(await api('put', '/exports/{id}/alert-rules', call));
      setDraft(null);
      announce(t('common.saved'));
    });
  if (!rules) return <ProblemNote problem={loaded.problem} retry={loaded.reload} />;
  if (!draft) {
    const isOwn = (kind: RuleKind) => rules.rules.some((one) => one.kind === kind);
    return (
      <>
        <RulesTable
          rules={rules.valid}
          channels={channels}
          from={(rule) => word('ruleOf', isOwn(rule.kind) ? 'own' : 'inherited')}
        />
        {view.permissions === 'edit' && (
          <button type="button" onClick={() => setDraft(rules.rules)}>
            {t('rules.change')}
          </button>
        )}
      </>
    );
  }
  return (
    <Form onSubmit={save} class="form">
      {EXPORT_KINDS.map((kind) => (
        <OwnRule key={kind} kind={kind} rules={rules} draft={draft} onDraft={setDraft} channels={channels} />
      ))}
      <ProblemNote problem={saving.problem} />
      <div class="actions">
        <button type="submit" class="primary" disabled={saving.busy}>
          {t('common.save')}
        </button>
        <button type="button" onClick={() => setDraft(null)}>
          {t('common.cancel')}
        </button>
      </div>
    </Form>
  );
}

/** One kind: as the instance has it, in a way of its own, or without a message. */
function OwnRule({
  kind,
  rules,
  draft,
  onDraft,
  channels,
}: {
  kind: RuleKind;
  rules: Rules;
  draft: Rule[];
  onDraft(rules: Rule[]): void;
  channels: ReturnType<typeof useChannelNames>;
}) {
  const own = draft.find((one) => one.kind === kind) ?? null;
  const before = rules.valid.find((one) => one.kind === kind) ?? usualRule(kind);
  const pick = (choice: string) => {
    const rule = choice === 'inherited' ? null : withChannels(own ?? before, choice === 'silent' ? [] : null);
    onDraft(withRule(draft, kind, rule));
  };
  const choice = choiceOf(own);
  return (
    <RuleFieldset
      kind={kind}
      rule={choice === 'own' ? own : null}
      channels={channels}
      onRule={(changed) => onDraft(withRule(draft, kind, changed))}
    >
      <Select
        label={t('rules.here')}
        value={choice}
        onInput={pick}
        choices={CHOICES.map((one) => [one, word('ruleOf', one)])}
      />
    </RuleFieldset>
  );
}
