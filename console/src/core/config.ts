// What the service says about itself to the console: how people sign in, and which claims of a token to read.

/** How a person gets a token. */
export type SignIn =
  | { kind: 'oidc'; issuer: string; clientId: string; scope: string }
  | { kind: 'development'; tokens: Record<'admin' | 'contributor' | 'viewer', string> }
  | { kind: 'token' };

export interface Config {
  signIn: SignIn;
  /** The instance to begin with, where the service knows one. */
  instanceId: string | null;
  claims: { roles: string; instances: string };
}

/** The address of the service, also below a path prefix: the console is one folder deeper. */
export const SERVICE = new URL('..', new URL('.', document.baseURI)).href;

export async function readConfig(): Promise<Config> {
  const answer = await fetch('config.json', { cache: 'no-store' });
  if (!answer.ok) throw new Error(`config.json: ${answer.status}`);
  return answer.json();
}
