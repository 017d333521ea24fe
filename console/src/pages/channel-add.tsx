// Adding a channel: what kind it is, what it needs, and where its messages go.

import { useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { wordsOf } from '../core/draft.ts';
import { useDo, useKey } from '../core/hooks.ts';
import { t, word } from '../core/i18n.ts';
import { go, to } from '../core/router.ts';
import { keepSecret } from '../core/saved.ts';
import { Form, Radios, Select, Text } from '../parts/form.tsx';
import { Page } from '../parts/page.tsx';
import { errorAt, ProblemNote } from '../parts/problem.tsx';

type Kind = Schemas['ChannelKind'];
type Signature = Schemas['SignatureScheme'];
const KINDS: Kind[] = ['email', 'slack', 'teams', 'webhook'];
const SIGNATURES: Signature[] = ['hmacSha256', 'ed25519'];

export function AddChannel() {
  const [kind, setKind] = useState<Kind>('email');
  const [name, setName] = useState('');
  const [addresses, setAddresses] = useState('');
  const [url, setUrl] = useState('');
  const [signature, setSignature] = useState<Signature>('hmacSha256');
  const saving = useDo();
  const keyOf = useKey();
  const body = {
    kind,
    displayName: name.trim(),
    ...(kind === 'email' ? { to: wordsOf(addresses) } : { url: url.trim() }),
    ...(kind === 'webhook' && { signature }),
  };
  const save = () =>
    saving.run(async () => {
      const made = await api('post', '/channels', { body, key: keyOf(body) });
      keepSecret(made);
      go('channels', made.channelId);
    });
  const { problem } = saving;
  return (
    <Page title={t('channels.add')} parent={[t('channels.title'), to('channels')]}>
      <Form onSubmit={save} class="form">
        <Radios
          legend={t('channels.kind')}
          value={kind}
          onInput={(value) => setKind(value as Kind)}
          choices={KINDS.map((one) => [one, word('channelKind', one), t(`channelHint.${one}`)])}
        />
        <Text
          label={t('common.displayName')}
          hint={t('channels.nameHint')}
          value={name}
          onInput={setName}
          required
          maxLength={200}
          error={errorAt(problem, '/displayName')}
        />
        {kind === 'email' ? (
          <Addresses value={addresses} onInput={setAddresses} error={errorAt(problem, '/to')} />
        ) : (
          <TargetUrl value={url} onInput={setUrl} error={errorAt(problem, '/url')} />
        )}
        {kind === 'webhook' && (
          <Select
            label={t('channels.signature')}
            hint={t('channels.signatureHint')}
            value={signature}
            onInput={(value) => setSignature(value as Signature)}
            choices={SIGNATURES.map((one) => [one, word('signature', one)])}
          />
        )}
        <ProblemNote problem={problem} />
        <div class="actions">
          <button type="submit" class="primary" disabled={saving.busy}>
            {t('common.save')}
          </button>
          <a class="button" href={to('channels')}>
            {t('common.cancel')}
          </a>
        </div>
      </Form>
    </Page>
  );
}

interface TargetProps {
  value: string;
  onInput(value: string): void;
  error: string | undefined;
  required?: boolean;
}

export function Addresses({ value, onInput, error }: TargetProps) {
  return (
    <Text
      label={t('channels.addresses')}
      hint={t('channels.addressesHint')}
      value={value}
      onInput={onInput}
      required
      spellcheck={false}
      error={error}
    />
  );
}

/** The URL of Slack and Teams is a secret, so it is never shown again. */
export function TargetUrl({ value, onInput, error, required = true }: TargetProps) {
  return (
    <Text
      label={t('channels.url')}
      hint={t('channels.urlHint')}
      value={value}
      onInput={onInput}
      required={required}
      maxLength={2000}
      pattern=" *https?://[^\s]+ *"
      placeholder="https://"
      spellcheck={false}
      error={error}
    />
  );
}
