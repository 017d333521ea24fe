// Adding a connection, in the order of the product: name, who may use it, consent, credentials, export user.

import { useEffect, useRef, useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { useDo, useKey, useLoad } from '../core/hooks.ts';
import { current, t } from '../core/i18n.ts';
import { go, to } from '../core/router.ts';
import { openTab } from '../core/tab.ts';
import { signInAtCampaignMonitor } from './sign-in-there.ts';
import { Check, Form, Radios, Text } from '../parts/form.tsx';
import { Page } from '../parts/page.tsx';
import { errorAt, ProblemNote } from '../parts/problem.tsx';

/** The text that is agreed to, as the service has it in the reader's language, or else in English. */
const useConsentText = () => useLoad(() => api('get', '/consent-text', { query: { lang: current() } }), [current()]);

export function AddConnection() {
  const [name, setName] = useState('');
  const [roles, setRoles] = useState<Schemas['AllowedRoles']>('admins');
  const [agreed, setAgreed] = useState(false);
  const [way, setWay] = useState('key');
  const [apiKey, setApiKey] = useState('');
  const [isUser, setIsUser] = useState(true);
  const saved = useRef<Schemas['ConnectionView'] | null>(null);
  const saving = useDo();
  const consent = useConsentText();
  const shown = consent.data;
  // Who agreed has read another text than the one that stands there now.
  useEffect(() => setAgreed(false), [shown?.version, shown?.lang]);

  const keyOf = useKey();
  const create = async () => {
    const body: Schemas['NewConnectionBody'] = {
      displayName: name.trim(),
      type: 'campaignMonitor',
      allowedRoles: roles,
      consent: { agreed, ...(shown && { textVersion: shown.version, lang: shown.lang }) },
      ...(way === 'key' && { credentials: { kind: 'apiKey', apiKey: apiKey.trim() } }),
    };
    return api('post', '/connections', { key: keyOf(body), body });
  };

  /** Each step that has succeeded is not done again when the next one fails and the person tries again. */
  const save = () => {
    const tab = way === 'oauth' ? openTab() : null;
    void saving
      .run(async () => {
        saved.current ??= await create();
        const ids = { id: saved.current.connectionId };
        if (isUser) await api('put', '/connections/{id}/export-user', { ids });
        if (way === 'oauth') await signInAtCampaignMonitor(saved.current.connectionId, tab);
        if (way === 'key') await api('post', '/connections/{id}/verify', { ids });
        go('connections', saved.current.connectionId);
      })
      .then((done) => {
        if (done) return;
        tab?.close();
        // Where the text has changed since, the new one is shown.
        consent.reload();
      });
  };

  const { problem } = saving;
  return (
    <Page title={t('connections.add')} parent={[t('connections.title'), to('connections')]}>
      <Form onSubmit={save} class="form">
        <Text
          label={t('common.displayName')}
          hint={t('connections.nameHint')}
          value={name}
          onInput={setName}
          required
          maxLength={200}
          error={errorAt(problem, '/displayName')}
        />
        <Radios
          legend={t('connections.users')}
          value={roles}
          onInput={(value) => setRoles(value as Schemas['AllowedRoles'])}
          choices={[
            ['admins', t('allowedRoles.admins')],
            ['adminsAndContributors', t('allowedRoles.adminsAndContributors'), t('connections.contributorsHint')],
          ]}
        />
        <fieldset>
          <legend>{t('consent.title')}</legend>
          <ProblemNote problem={consent.problem} retry={consent.reload} />
          <p lang={shown?.lang}>{shown?.text ?? t('common.loading')}</p>
          <Check label={t('consent.agree')} checked={agreed} onInput={setAgreed} required disabled={!shown} />
        </fieldset>
        <Radios
          legend={t('connections.connect')}
          value={way}
          onInput={setWay}
          choices={[
            ['key', t('connections.byKey')],
            ['oauth', t('connections.bySignIn'), t('connections.bySignInHint')],
          ]}
        />
        {way === 'key' && (
          <Text
            label={t('connections.apiKey')}
            hint={t('connections.apiKeyHint')}
            value={apiKey}
            onInput={setApiKey}
            type="password"
            required
            error={errorAt(problem, '/credentials')}
          />
        )}
        <Check label={t('connections.addMe')} hint={t('connections.addMeHint')} checked={isUser} onInput={setIsUser} />
        <ProblemNote problem={problem} />
        <div class="actions">
          <button type="submit" class="primary" disabled={saving.busy || !shown}>
            {t('common.save')}
          </button>
          <a class="button" href={to('connections')}>
            {t('common.cancel')}
          </a>
        </div>
      </Form>
    </Page>
  );
}
