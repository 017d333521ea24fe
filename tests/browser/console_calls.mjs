// What other tests do by hand is prepared by calls: a service in development mode has a token for each role.

import assert from 'node:assert/strict';

/** Calls to the API of the service at `url`, each as the person with a role. */
export async function caller(url) {
  const config = await (await fetch(`${url}console/config.json`)).json();
  return async (role, method, path, body, type = 'application/json') => {
    const answer = await fetch(`${url}v1/instances/${config.instanceId}${path}`, {
      method,
      headers: { Authorization: `Bearer ${config.signIn.tokens[role]}`, 'Content-Type': type },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const value = answer.status === 204 ? null : await answer.json();
    assert.ok(answer.ok, `${path}: ${JSON.stringify(value)}`);
    return value;
  };
}

/** A file with the people from one number to another, whose addresses are good. */
export const people = (from, to) =>
  ['CustomerId,Email,City']
    .concat(Array.from({ length: to - from }, (_, n) => `${from + n},person${from + n}@example.com,Riga`))
    .join('\n');

/** A connection that contributors may use. */
export async function connected(call, apiKey) {
  const { connectionId } = await call('admin', 'POST', '/connections', {
    displayName: 'Campaign Monitor - newsletter',
    type: 'campaignMonitor',
    allowedRoles: 'adminsAndContributors',
    consent: { agreed: true },
    credentials: { kind: 'apiKey', apiKey },
  });
  await call('admin', 'PUT', `/connections/${connectionId}/export-user`);
  return connectionId;
}

/** Waits until a run has ended, and returns it. */
export async function ended(call, runId) {
  for (;;) {
    const run = await call('viewer', 'GET', `/runs/${runId}`);
    if (run.endUtc) return run;
    await new Promise((later) => setTimeout(later, 200));
  }
}
