// One channel: where it leads, whether its messages arrive, the secret that signs them, and how to end it.

import { useState } from 'preact/hooks';
import { api } from '../core/api.ts';
import { wordsOf } from '../core/draft.ts';
import { useDo, useLoad } from '../core/hooks.ts';
import { moment, t, word } from '../core/i18n.ts';
import { go, to } from '../core/router.ts';
import { takeSecret } from '../core/saved.ts';
import { Addresses, TargetUrl } from './channel-add.tsx';
import { Deliveries, TestChannel } from './channel-deliveries.tsx';
import { stateOf, targetOf, type Channel } from './channels.tsx';
import { Confirm } from '../parts/dialog.tsx';
import { Form, Text } from '../parts/form.tsx';
import { announce } from '../parts/live.tsx';
import { Facts, headingOf, Page, Section } from '../parts/page.tsx';
import { errorAt, ProblemNote } from '../parts/problem.tsx';
import { SecretOnce } from '../parts/secret.tsx';
import { Status } from '../parts/status.tsx';

export function ChannelPage({ id }: { id: string }) {
  const loaded = useLoad(() => api('get', '/channels/{id}', { ids: { id } }), [id]);
  const [secret, setSecret] = useState(() => takeSecret(id));
  const [tested, setTested] = useState(0);
  const channel = loaded.data;
  return (
    <Page title={headingOf(loaded, (one) => one.displayName)} parent={[t('channels.title'), to('channels')]}>
      <ProblemNote problem={loaded.problem} retry={loaded.reload} />
      {channel && (
        <>
          {secret && <SecretOnce secret={secret} />}
          <State channel={channel} changed={loaded.set} />
          <TestChannel channel={channel} done={() => setTested((before) => before + 1)} />
          <Deliveries channel={channel} changes={tested} />
          {channel.signature === 'hmacSha256' && <Rotate channel={channel} changed={loaded.set} onSecret={setSecret} />}
          <Settings channel={channel} changed={loaded.set} />
          <Remove channel={channel} />
        </>
      )}
    </Page>
  );
}

interface Part {
  channel: Channel;
  changed(channel: Channel): void;
}

function State({ channel, changed }: Part) {
  const doing = useDo();
  const { active, channelId, version } = channel;
  const turn = () =>
    doing.run(async () => {
      changed(await api('patch', '/channels/{id}', { ids: { id: channelId }, version, body: { active: !active } }));
      announce(t('common.saved'));
    });
  return (
    <Section
      title={t('common.status')}
      actions={
        <button type="button" disabled={doing.busy} onClick={turn}>
          {t(active ? 'channels.turnOff' : 'channels.turnOn')}
        </button>
      }
    >
      {!active && (
        <div class="note warn">
          <p>{t('channels.offText')}</p>
          {channel.inactiveBecause && (
            <p class="small" lang="en">
              {channel.inactiveBecause}
            </p>
          )}
        </div>
      )}
      <ProblemNote problem={doing.problem} />
      <Facts
        facts={[
          [t('common.status'), <Status key="s" group="channelState" code={stateOf(channel)} />],
          [t('channels.kind'), word('channelKind', channel.kind)],
          [t('channels.target'), targetOf(channel)],
          ...signing(channel),
          [t('common.changedBy'), t('common.byAt', { who: channel.updatedBy, when: moment(channel.updatedUtc) })],
        ]}
      />
    </Section>
  );
}

/** How a receiver knows that a message comes from here. */
function signing({ signature, publicKey, previousSecretUntilUtc }: Channel): [string, preact.ComponentChildren][] {
  if (!signature) return [];
  return [
    [t('channels.signature'), word('signature', signature)],
    ...(publicKey
      ? [[t('channels.publicKey'), <code key="k">{publicKey}</code>] as [string, preact.ComponentChildren]]
      : []),
    ...(previousSecretUntilUtc
      ? [[t('channels.bothUntil'), moment(previousSecretUntilUtc)] as [string, preact.ComponentChildren]]
      : []),
  ];
}

function Rotate({ channel, changed, onSecret }: Part & { onSecret(secret: string): void }) {
  const [asked, setAsked] = useState(false);
  const doing = useDo();
  const rotate = () =>
    doing.run(async () => {
      const made = await api('post', '/channels/{id}/secret', { ids: { id: channel.channelId } });
      changed(made);
      if (made.secret) onSecret(made.secret);
      setAsked(false);
      announce(t('channels.rotated'));
    });
  return (
    <Section title={t('channels.secret')}>
      <p>{t('channels.secretText')}</p>
      <button type="button" onClick={() => setAsked(true)}>
        {t('channels.rotate')}
      </button>
      {asked && (
        <Confirm
          title={t('channels.rotate')}
          action={t('channels.rotate')}
          doing={doing}
          onConfirm={rotate}
          onClose={() => setAsked(false)}
        >
          <p>{t('channels.rotateText')}</p>
        </Confirm>
      )}
    </Section>
  );
}

function Settings({ channel, changed }: Part) {
  const [name, setName] = useState<string>(channel.displayName);
  const [addresses, setAddresses] = useState((channel.to ?? []).join(', '));
  const [url, setUrl] = useState('');
  const saving = useDo();
  const save = () =>
    saving.run(async () => {
      const target = channel.kind === 'email' ? { to: wordsOf(addresses) } : url.trim() ? { url: url.trim() } : {};
      const body = { displayName: name.trim(), ...target };
      const call = { ids: { id: channel.channelId }, version: channel.version, body };
      changed(await api('patch', '/channels/{id}', call));
      setUrl('');
      announce(t('common.saved'));
    });
  const { problem } = saving;
  return (
    <Section title={t('common.settings')}>
      <Form onSubmit={save} class="form">
        <Text
          label={t('common.displayName')}
          value={name}
          onInput={setName}
          required
          maxLength={200}
          error={errorAt(problem, '/displayName')}
        />
        {channel.kind === 'email' ? (
          <Addresses value={addresses} onInput={setAddresses} error={errorAt(problem, '/to')} />
        ) : (
          <>
            <p class="hint">{t('channels.urlKept', { url: targetOf(channel) })}</p>
            <TargetUrl value={url} onInput={setUrl} error={errorAt(problem, '/url')} required={false} />
          </>
        )}
        <ProblemNote problem={problem} />
        <div class="actions">
          <button type="submit" class="primary" disabled={saving.busy}>
            {t('common.save')}
          </button>
        </div>
      </Form>
    </Section>
  );
}

function Remove({ channel }: { channel: Channel }) {
  const [asked, setAsked] = useState(false);
  const doing = useDo();
  const remove = () =>
    doing.run(async () => {
      await api('delete', '/channels/{id}', { ids: { id: channel.channelId }, version: channel.version });
      go('channels');
    });
  return (
    <Section title={t('channels.end')}>
      <button type="button" class="danger" onClick={() => setAsked(true)}>
        {t('channels.remove')}
      </button>
      {asked && (
        <Confirm
          title={t('channels.remove')}
          action={t('common.remove')}
          doing={doing}
          onConfirm={remove}
          onClose={() => setAsked(false)}
        >
          <p>{t('channels.removeText')}</p>
        </Confirm>
      )}
    </Section>
  );
}
