// Starts the console: settings, sign-in, the instance, and then the pages.

import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import './style.css';
import './forms.css';
import './parts.css';
import './bars.css';
import { App } from './app.tsx';
import { renewed, use } from './core/api.ts';
import { readConfig, type Config } from './core/config.ts';
import { forgetDrafts } from './core/drafts.ts';
import { forgetAsked } from './core/person.ts';
import { choose, preferred, t } from './core/i18n.ts';
import { forget, fromProvider, handOver, TOKEN_OF, withToken, type Role, type Session } from './core/session.ts';
import { WhoContext } from './core/who.ts';
import { AskToken, Ended, Gate, PickInstance, SignIn, useRenewal } from './sign-in.tsx';

const INSTANCE = 'segment-export.instance';

const mayUse = (session: Session, instance: string): boolean =>
  instance !== '' && (session.instances.length === 0 || session.instances.includes(instance));

/** The instance that needs no question: the only one of the token, that of before, or that of the service. */
function known(session: Session, config: Config): string {
  if (session.instances.length === 1) return session.instances[0] ?? '';
  const candidates = [sessionStorage.getItem(INSTANCE) ?? '', config.instanceId ?? ''];
  return candidates.find((id) => mayUse(session, id)) ?? '';
}

/** The pages begin anew with another person, or another role. */
const keyOf = ({ role, name, subject }: Session): string => `${role} ${name} ${subject}`;

/** What somebody typed or asked about is not for the next person, nor for another instance. */
function forgetTyped(): void {
  forgetDrafts();
  forgetAsked();
}

function Console({ config, first, failed }: { config: Config; first: Session | null; failed: string | null }) {
  const [session, setSession] = useState(first);
  const [instance, setInstance] = useState(first ? known(first, config) : '');
  const [ended, setEnded] = useState(false);
  const enter = (next: Session) => {
    setEnded(false);
    renewal.stop();
    if (session && (keyOf(session) !== keyOf(next) || !mayUse(next, instance))) forgetTyped();
    setSession(next);
    // Who signs in again stays where they are.
    setInstance((before) => (mayUse(next, before) ? before : known(next, config)));
  };
  const renewal = useRenewal(config, session?.role, enter);
  // The pages that are shown call with the new token from now on.
  useEffect(() => void renewed(), [session]);
  if (!session) return <SignIn config={config} failed={failed} entered={enter} />;
  if (!instance) {
    const picked = (id: string) => {
      sessionStorage.setItem(INSTANCE, id);
      setInstance(id);
    };
    return <PickInstance session={session} first={config.instanceId ?? ''} picked={picked} />;
  }
  use(session, instance, () => setEnded(true));
  const leave = () => {
    forgetTyped();
    void forget();
    setSession(null);
    setEnded(false);
  };
  const leaveInstance = () => {
    forgetTyped();
    sessionStorage.removeItem(INSTANCE);
    setInstance('');
  };
  return (
    <WhoContext.Provider value={{ session, instance, signInAgain: renewal.begin }}>
      {ended && <Ended renewal={renewal} />}
      {renewal.isAsking && <AskToken config={config} entered={enter} close={renewal.stop} />}
      <App
        key={`${keyOf(session)} ${instance}`}
        roles={rolesOf(config, enter)}
        signOut={leave}
        leaveInstance={session.instances.length === 1 ? null : leaveInstance}
      />
    </WhoContext.Provider>
  );
}

/** The roles that somebody can try in development mode. */
function rolesOf(config: Config, enter: (session: Session) => void): [string, () => void][] {
  const { signIn } = config;
  if (signIn.kind !== 'development') return [];
  return (Object.keys(TOKEN_OF) as Role[]).map((role) => [
    role,
    () => {
      const next = withToken(config, signIn.tokens[TOKEN_OF[role]]);
      if (next) enter(next);
    },
  ]);
}

async function start(): Promise<void> {
  const root = document.getElementById('console');
  if (!root) return;
  await choose(preferred());
  try {
    const config = await readConfig();
    await handOver(config);
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
