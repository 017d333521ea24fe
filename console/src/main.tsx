// Starts the console: settings, sign-in, the instance, and then the pages.

import { render } from 'preact';
import { useState } from 'preact/hooks';
import './style.css';
import './forms.css';
import './parts.css';
import './bars.css';
import { App } from './app.tsx';
import { use } from './core/api.ts';
import { readConfig, type Config } from './core/config.ts';
import { choose, preferred, t } from './core/i18n.ts';
import { forget, fromProvider, goToProvider, withToken, type Session } from './core/session.ts';
import { WhoContext } from './core/who.ts';
import { Form, Select, Text } from './parts/form.tsx';

const INSTANCE = 'segment-export.instance';
const UUID = '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';

/** What is asked of people before they see the pages. */
function Gate({ title, children }: { title: string; children: preact.ComponentChildren }) {
  return (
    <main class="gate">
      <h1>{title}</h1>
      {children}
    </main>
  );
}

function SignIn({
  config,
  failed,
  entered,
}: {
  config: Config;
  failed: string | null;
  entered(session: Session): void;
}) {
  const [token, setToken] = useState('');
  const [wrong, setWrong] = useState(false);
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
  const enter = () => {
    const session = withToken(config, token);
    setWrong(!session);
    if (session) entered(session);
  };
  return (
    <Gate title={t('app.name')}>
      <Form onSubmit={enter} class="form">
        <Text
          label={t('signIn.token')}
          hint={t('signIn.tokenHint')}
          value={token}
          onInput={setToken}
          type="password"
          required
          error={wrong ? t('signIn.noToken') : undefined}
        />
        <button type="submit" class="primary">
          {t('signIn.enter')}
        </button>
      </Form>
    </Gate>
  );
}

function PickInstance({ session, first, picked }: { session: Session; first: string; picked(instance: string): void }) {
  const [id, setId] = useState(session.instances[0] ?? first);
  return (
    <Gate title={t('instance.title')}>
      <p>{t('instance.text')}</p>
      <Form onSubmit={() => picked(id.trim().toLowerCase())} class="form">
        {session.instances.length > 0 ? (
          <Select
            label={t('app.instance')}
            value={id}
            onInput={setId}
            choices={session.instances.map((one) => [one, one])}
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

/** The instance that needs no question: the only one of the token, that of before, or that of the service. */
function known(session: Session, config: Config): string {
  const before = sessionStorage.getItem(INSTANCE) ?? '';
  const allowed = (id: string) => id !== '' && (session.instances.length === 0 || session.instances.includes(id));
  if (session.instances.length === 1) return session.instances[0] ?? '';
  return [before, config.instanceId ?? ''].find(allowed) ?? '';
}

function Console({ config, first, failed }: { config: Config; first: Session | null; failed: string | null }) {
  const [session, setSession] = useState(first);
  const [instance, setInstance] = useState(first ? known(first, config) : '');
  const [ended, setEnded] = useState(false);
  const enter = (next: Session) => {
    setEnded(false);
    setSession(next);
    setInstance(known(next, config));
  };
  const leave = () => {
    void forget();
    setSession(null);
    setEnded(false);
  };
  if (!session) return <SignIn config={config} failed={failed} entered={enter} />;
  if (!instance) {
    return (
      <PickInstance
        session={session}
        first={config.instanceId ?? ''}
        picked={(id) => {
          sessionStorage.setItem(INSTANCE, id);
          setInstance(id);
        }}
      />
    );
  }
  use(session, instance, () => setEnded(true));
  const { signIn } = config;
  const signInAgain = () => {
    if (signIn.kind === 'oidc') void goToProvider(signIn);
    else if (signIn.kind === 'development') location.reload();
    else leave();
  };
  const roles: [string, () => void][] =
    signIn.kind !== 'development'
      ? []
      : (
          [
            ['Admin', 'admin'],
            ['Contributor', 'contributor'],
            ['Viewer', 'viewer'],
          ] as const
        ).map(([name, key]) => [
          name,
          () => {
            const next = withToken(config, signIn.tokens[key]);
            if (next) enter(next);
          },
        ]);
  const isOnly = session.instances.length === 1;
  return (
    <WhoContext.Provider value={{ session, instance }}>
      {ended && (
        <div class="note bad ended" role="alert">
          <p>{t('signIn.ended')}</p>
          <button type="button" onClick={signInAgain}>
            {t('signIn.go')}
          </button>
        </div>
      )}
      <App
        key={session.role}
        roles={roles}
        signOut={leave}
        leaveInstance={
          isOnly
            ? null
            : () => {
                sessionStorage.removeItem(INSTANCE);
                setInstance('');
              }
        }
      />
    </WhoContext.Provider>
  );
}

async function start(): Promise<void> {
  const root = document.getElementById('console');
  if (!root) return;
  await choose(preferred());
  try {
    const config = await readConfig();
    let failed: string | null = null;
    let session = await fromProvider(config).catch((error: unknown) => {
      failed = (error as Error).message;
      return null;
    });
    if (config.signIn.kind === 'development') session = withToken(config, config.signIn.tokens.admin);
    render(<Console config={config} first={session} failed={failed} />, root);
  } catch {
    render(
      <Gate title={t('app.name')}>
        <p role="alert">{t('app.unreachable')}</p>
      </Gate>,
      root,
    );
  }
}

void start();
