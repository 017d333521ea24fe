// Who uses the console. Tokens stay in memory: a page that is reloaded asks the identity provider anew.

import type { User, UserManager } from 'oidc-client-ts';
import { readConfig, type Config, type SignIn } from './config.ts';

export type Role = 'Admin' | 'Contributor' | 'Viewer';

export interface Session {
  role: Role;
  name: string;
  /** Who it is at the identity provider: two people may have one name. */
  subject: string;
  /** Ids of instances; empty when the token is valid for all. */
  instances: string[];
  /** The token for the next call; `renew` after the service has rejected the one of before. */
  token(renew?: boolean): Promise<string>;
}

const RANKS: Role[] = ['Viewer', 'Contributor', 'Admin'];
/** The tokens of development mode by their roles, the greatest first. */
export const TOKEN_OF = { Admin: 'admin', Contributor: 'contributor', Viewer: 'viewer' } as const;
/** The name of the window in which people sign in again. */
const WINDOW = 'segment-export-sign-in';
const CLOSES_WITHIN_MS = 2000;
/** Begins the keys of the notes that the library leaves on the way to the provider. */
const NOTED = 'oidc.';

/** What a token says, without checking it: the service checks it at every call. */
export function claimsOf(token: string): Record<string, unknown> {
  const part = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
  const bytes = Uint8Array.from(atob(part), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
}

const list = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

/** The session that a token allows; null when it is no token. */
export function sessionOf(config: Config, first: string, token: Session['token']): Session | null {
  try {
    const claims = claimsOf(first);
    const roles = list(claims[config.claims.roles]).map((role) => (role === 'Administrator' ? 'Admin' : role));
    const role = RANKS.findLast((rank) => roles.includes(rank)) ?? 'Viewer';
    const ids = list(claims[config.claims.instances]).filter((id) => /^[0-9a-f-]{36}$/i.test(id));
    const name = [claims.name, claims.preferred_username, claims.sub].find((text) => typeof text === 'string');
    const subject = `${claims.iss ?? ''} ${claims.sub ?? ''}`;
    return { role, name: String(name ?? ''), subject, instances: ids, token };
  } catch {
    return null;
  }
}

/** A session over a fixed token, pasted or of development mode. */
export const withToken = (config: Config, token: string) => sessionOf(config, token.trim(), async () => token.trim());

/** The session of a role in development mode, with the token that the service has for it now. */
export async function withRole(role: Role): Promise<Session | null> {
  const config = await readConfig();
  if (config.signIn.kind !== 'development') return null;
  return withToken(config, config.signIn.tokens[TOKEN_OF[role]]);
}

let manager: Promise<UserManager> | null = null;

function provider(signIn: SignIn & { kind: 'oidc' }): Promise<UserManager> {
  manager ??= import('oidc-client-ts').then(({ UserManager, WebStorageStateStore, InMemoryWebStorage }) => {
    const here = new URL('.', document.baseURI).href;
    return new UserManager({
      authority: signIn.issuer,
      client_id: signIn.clientId,
      scope: signIn.scope,
      redirect_uri: here,
      response_type: 'code',
      popupWindowTarget: WINDOW,
      userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
      // The secret half of PKCE and the state outlive the way to the provider and back, and no token is among them.
      stateStore: new WebStorageStateStore({ store: sessionStorage, prefix: NOTED }),
      automaticSilentRenew: false,
      monitorSession: false,
    });
  });
  return manager;
}

/** The session of somebody who has signed in. Its token is renewed silently where the provider gave a refresh token. */
const sessionAt = (config: Config, users: UserManager, user: User): Session | null =>
  sessionOf(config, user.access_token, async (renew) => {
    let current = await users.getUser();
    if ((renew || current?.expired) && current?.refresh_token) current = await users.signinSilent();
    return current?.access_token ?? '';
  });

/** Signs in at the identity provider in a window over the page, which stays as it is. */
export async function inWindow(config: Config, signIn: SignIn & { kind: 'oidc' }): Promise<Session | null> {
  const users = await provider(signIn);
  return sessionAt(config, users, await users.signinPopup());
}

/** Hands the way back from the identity provider to the page that opened this window, which then closes. */
export async function handOver({ signIn }: Config): Promise<void> {
  const state = new URLSearchParams(location.search).get('state');
  // The way of this window itself began here, where a note of it was left.
  if (signIn.kind !== 'oidc' || !state || sessionStorage.getItem(`${NOTED}${state}`) !== null) return;
  await (await provider(signIn)).signinPopupCallback();
  await new Promise((later) => setTimeout(later, CLOSES_WITHIN_MS));
}

/** Goes to the identity provider; it sends the browser back to where it was. */
export async function goToProvider(signIn: SignIn & { kind: 'oidc' }): Promise<void> {
  await (await provider(signIn)).signinRedirect({ state: location.hash });
}

/** Forgets the token. The identity provider may still know the person. */
export async function forget(): Promise<void> {
  await (await manager)?.removeUser();
}

/** The session after the way back from the identity provider; null when this is not that. */
export async function fromProvider(config: Config): Promise<Session | null> {
  const query = new URLSearchParams(location.search);
  if (config.signIn.kind !== 'oidc' || !query.has('state')) return null;
  const users = await provider(config.signIn);
  let hash = '';
  try {
    const user = await users.signinRedirectCallback();
    hash = typeof user.state === 'string' ? user.state : '';
    return sessionAt(config, users, user);
  } finally {
    // Neither the code nor the state stay in the address, nor in the history.
    history.replaceState(null, '', new URL('.', document.baseURI).href + hash);
  }
}
