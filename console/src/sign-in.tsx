// What is asked of people before they see the pages, and again over the pages when their token has expired.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Config } from './core/config.ts';
import { useDo } from './core/hooks.ts';
import { t } from './core/i18n.ts';
import { goToProvider, inWindow, withRole, withToken, type Role, type Session } from './core/session.ts';
import { Confirm } from './parts/dialog.tsx';
import { Form, Select, Text } from './parts/form.tsx';

const UUID = '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';

export function Gate({ title, children }: { title: string; children: preact.ComponentChildren }) {
  return (
    <main class="gate">
      <h1>{title}</h1>
      {children}
    </main>
  );
}

/** A field for a token, and what it is when somebody has pasted one. */
function usePasted(config: Config, entered: (session: Session) => void) {
  const [token, setToken] = useState('');
  const [wrong, setWrong] = useState(false);
  const enter = () => {
    const session = withToken(config, token);
    setWrong(!session);
    if (session) entered(session);
  };
  const field = (
    <Text
      label={t('signIn.token')}
      hint={t('signIn.tokenHint')}
      value={token}
      onInput={setToken}
      type="password"
      required
      error={wrong ? t('signIn.noToken') : undefined}
    />
  );
  return { token, enter, field };
}

export function SignIn({
  config,
  failed,
  entered,
}: {
  config: Config;
  failed: string | null;
  entered(session: Session): void;
}) {
  const pasted = usePasted(config, entered);
  const { signIn } = config;
  if (signIn.kind === 'oidc') {
    return (
      <Gate title={t('app.name')}>
        {failed && (
          <p class="note bad" role="alert">
            {t('signIn.failed')} <span lang="en">{failed}</span>
          </p>
        )}
        <p>{t('signIn.text')}</p>
        <button type="button" class="primary" onClick={() => void goToProvider(signIn)}>
          {t('signIn.go')}
        </button>
      </Gate>
    );
  }
  return (
    <Gate title={t('app.name')}>
      <Form onSubmit={pasted.enter} class="form">
        {pasted.field}
        <button type="submit" class="primary">
          {t('signIn.enter')}
        </button>
      </Form>
    </Gate>
  );
}

/** An id that nobody reads as a whole: its beginning, where that tells it from the others. */
export const shortId = (id: string, all: string[]): string =>
  all.filter((one) => one.startsWith(id.slice(0, 8))).length > 1 ? id : `${id.slice(0, 8)} …`;

export function PickInstance({
  session,
  first,
  picked,
}: {
  session: Session;
  first: string;
  picked(instance: string): void;
}) {
  const { instances } = session;
  const [id, setId] = useState(instances[0] ?? first);
  return (
    <Gate title={t('instance.title')}>
      <p>{t('instance.text')}</p>
      <Form onSubmit={() => picked(id.trim().toLowerCase())} class="form">
        {instances.length > 0 ? (
          <Select
            label={t('app.instance')}
            hint={t('instance.hint')}
            value={id}
            onInput={setId}
            choices={instances.map((one) => [one, shortId(one, instances)])}
          />
        ) : (
          <Text
            label={t('app.instance')}
            hint={t('instance.hint')}
            value={id}
            onInput={setId}
            pattern={UUID}
            required
            spellcheck={false}
          />
        )}
        <button type="submit" class="primary">
          {t('common.continue')}
        </button>
      </Form>
    </Gate>
  );
}

export interface Renewal {
  /** Begins it: with a window, with a question for a token, or at once. */
  begin(): void;
  failed: string | null;
  isAsking: boolean;
  stop(): void;
}

/** Signs in again without leaving the page; `entered` gets the new session. */
export function useRenewal(config: Config, role: Role | undefined, entered: (session: Session) => void): Renewal {
  const [failed, setFailed] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const { signIn } = config;
  const begin = () => {
    if (signIn.kind === 'token') return setAsking(true);
    setFailed(null);
    const next = signIn.kind === 'oidc' ? inWindow(config, signIn) : withRole(role ?? 'Viewer');
    return void next.then(
      (session) => session && entered(session),
      (error: unknown) => setFailed((error as Error).message),
    );
  };
  return { begin, failed, isAsking, stop: () => setAsking(false) };
}

/** Says on every page that the sign-in has ended. When it is renewed, the focus goes back to where somebody was. */
export function Ended({ renewal }: { renewal: Renewal }) {
  const before = useRef(document.activeElement);
  useEffect(() => () => (before.current as HTMLElement | null)?.focus(), []);
  return (
    <div class="note bad ended" role="alert">
      <p>{t('signIn.ended')}</p>
      {renewal.failed !== null && (
        <p>
          {t('signIn.failed')} <span lang="en">{renewal.failed}</span>
        </p>
      )}
      <button type="button" onClick={renewal.begin}>
        {t('signIn.go')}
      </button>
    </div>
  );
}

/** Asks for a new token over the page. */
export function AskToken({
  config,
  entered,
  close,
}: {
  config: Config;
  entered(session: Session): void;
  close(): void;
}) {
  const pasted = usePasted(config, entered);
  return (
    <Confirm
      title={t('signIn.go')}
      action={t('signIn.enter')}
      doing={useDo()}
      harmful={false}
      disabled={!pasted.token.trim()}
      onConfirm={pasted.enter}
      onClose={close}
    >
      <p>{t('signIn.stays')}</p>
      {pasted.field}
    </Confirm>
  );
}
