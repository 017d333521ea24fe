// The rules of alerts of the instance: what opens an alert, which channels get it, and how often they are reminded.

import { useState } from 'preact/hooks';
import { api } from '../core/api.ts';
import { everything, useDo, useLoad } from '../core/hooks.ts';
import { moment, t } from '../core/i18n.ts';
import { to } from '../core/router.ts';
import { KINDS, usualRule, withRule, type Rule } from '../core/rules.ts';
import { useWho } from '../core/who.ts';
import { Check, Form } from '../parts/form.tsx';
import { announce } from '../parts/live.tsx';
import { Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { RuleFieldset, RulesTable, type ChannelNames } from '../parts/rules.tsx';

/** The names of the channels, for administrators: nobody else may see them. */
export function useChannelNames(): ChannelNames {
  const { isAdmin } = useWho();
  const channels = useLoad(
    async () => (isAdmin ? everything((cursor) => api('get', '/channels', { query: { cursor, limit: 200 } })) : null),
    [isAdmin],
  );
  return channels.data?.map((one) => [one.channelId, one.displayName]) ?? null;
}

export function AlertRules() {
  const { isAdmin } = useWho();
  const channels = useChannelNames();
  const loaded = useLoad(() => api('get', '/alert-rules'), []);
  const [draft, setDraft] = useState<Rule[] | null>(null);
  const saving = useDo();
  const view = loaded.data;
  const save = () =>
    draft &&
    saving.run(async () => {
      loaded.set(await api('put', '/alert-rules', { version: view?.version, body: { rules: draft } }));
      setDraft(null);
      announce(t('common.saved'));
    });
  const change = isAdmin && view && !draft && (
    <button type="button" class="primary" onClick={() => setDraft(view.rules)}>
      {t('rules.change')}
    </button>
  );
  return (
    <Page title={t('rules.title')} parent={[t('alerts.title'), to('alerts')]} actions={change}>
      <p class="lead">{t('rules.lead')}</p>
      <ProblemNote problem={loaded.problem} retry={loaded.reload} />
      {view && !draft && <RulesTable rules={view.valid} channels={channels} />}
      {view?.updatedBy && !draft && (
        <p class="small">
          {t('common.changedBy')} {t('common.byAt', { who: view.updatedBy, when: moment(view.updatedUtc) })}
        </p>
      )}
      {draft && (
        <Form onSubmit={save} class="form">
          {KINDS.map((kind) => {
            const rule = draft.find((one) => one.kind === kind) ?? null;
            return (
              <RuleFieldset
                key={kind}
                kind={kind}
                rule={rule}
                channels={channels}
                onRule={(changed) => setDraft(withRule(draft, kind, changed))}
              >
                <Check
                  label={t('rules.on')}
                  checked={rule !== null}
                  onInput={(on) => setDraft(withRule(draft, kind, on ? usualRule(kind) : null))}
                />
              </RuleFieldset>
            );
          })}
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
      )}
    </Page>
  );
}
