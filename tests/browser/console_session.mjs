// A token expires while somebody types: they get another one over the page, and nothing that they typed is lost. With the
// tokens of development mode, with pasted ones, and in a question that lies over the page. The service itself rejects each.
// Usage: node console_session.mjs URL FIRST_TOKEN SECOND_TOKEN LASTING_TOKEN ENGINE

import assert from 'node:assert/strict';
import { open } from './console_page.mjs';

const [url, first, second, lasting, engine] = process.argv.slice(2);
const real = await (await fetch(`${url}console/config.json`)).json();
const development = (token) => ({
  kind: 'development',
  tokens: { admin: token, contributor: token, viewer: token },
});

const { page, look, button, heading, link, close } = await open(url, engine);
const nav = (name) => page.getByRole('navigation', { name: 'Areas' }).getByRole('link', { name, exact: true });
const banner = page.getByRole('alert').filter({ hasText: 'Your sign-in has ended.' });
const dialog = page.getByRole('dialog');
let signIn = development(first);
await page.route('**/console/config.json', (route) => route.fulfill({ json: { ...real, signIn } }));

/** Waits until the service accepts a token no longer. */
async function expired(token) {
  const { exp } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
  await page.waitForTimeout(Math.max(0, exp * 1000 - Date.now()) + 1500);
}

/** Begins to add a segment. */
async function typed(name) {
  await nav('Segments').click();
  await link('Add segment').click();
  await heading('Add segment');
  await page.getByLabel('Display name').fill(name);
  await page
    .getByLabel('File with the members')
    .setInputFiles({ name: 'members.csv', mimeType: 'text/csv', buffer: Buffer.from('CustomerId,Email\n1,a@example.com\n') });
}

// Development mode: the service has new tokens.
await page.reload();
await typed('Typed before');
await expired(first);
await button('Save').click();
await banner.waitFor();
assert.equal(await page.getByLabel('Display name').inputValue(), 'Typed before');
await look('session_ended');
signIn = development(lasting);
await banner.getByRole('button', { name: 'Sign in' }).click();
await banner.waitFor({ state: 'detached' });
// What the service rejected meanwhile is no longer said.
await page.waitForFunction(() => !document.querySelector('[role=alert]'));
assert.equal(await page.getByLabel('Display name').inputValue(), 'Typed before');
await button('Save').click();
await heading('Typed before');
await page.getByRole('cell', { name: 'Email' }).or(page.getByRole('rowheader', { name: 'Email' })).first().waitFor();

// Where people paste a token, a question over the page takes the next one.
signIn = { kind: 'token' };
await page.reload();
await page.getByLabel('Access token').waitFor();
await look('sign_in_token');
await page.getByLabel('Access token').fill('nonsense');
await button('Continue').click();
await page.getByText('This is not a token.').waitFor();
await page.getByLabel('Access token').fill(second);
await button('Continue').click();
await typed('Typed with a pasted token');
await expired(second);
await button('Save').click();
await banner.waitFor();
await banner.getByRole('button', { name: 'Sign in' }).click();
await dialog.getByLabel('Access token').waitFor();
await look('session_paste');
await dialog.getByLabel('Access token').fill('nonsense');
await dialog.getByRole('button', { name: 'Continue' }).click();
await dialog.getByText('This is not a token.').waitFor();
await dialog.getByLabel('Access token').fill(lasting);
await dialog.getByRole('button', { name: 'Continue' }).click();
await dialog.waitFor({ state: 'detached' });
await banner.waitFor({ state: 'detached' });
assert.equal(await page.getByLabel('Display name').inputValue(), 'Typed with a pasted token');
await button('Save').click();
await heading('Typed with a pasted token');

// A question lies over the page, and the banner with it: the way to a new token stands in the question.
await button('Pause sending').click();
await dialog.getByLabel('Why').fill('The list is being cleaned.');
const pausing = '**/instance/pause';
await page.route(pausing, (route) =>
  route.continue({ headers: { ...route.request().headers(), authorization: 'Bearer a.b.c' } }),
);
await dialog.getByRole('button', { name: 'Pause' }).click();
await dialog.getByRole('button', { name: 'Sign in' }).click();
await page.unroute(pausing);
const paste = dialog.filter({ has: page.getByLabel('Access token') });
await paste.getByLabel('Access token').fill(lasting);
await paste.getByRole('button', { name: 'Continue' }).click();
await page.getByLabel('Access token').waitFor({ state: 'detached' });
assert.equal(await dialog.getByLabel('Why').inputValue(), 'The list is being cleaned.');
await dialog.getByRole('button', { name: 'Pause' }).click();
await page.getByText('“The list is being cleaned.”').waitFor();

// A token for several instances: the one is chosen from a list, and nobody types an id.
signIn = { kind: 'token' };
await page.evaluate(() => sessionStorage.clear());
await page.reload();
const instances = ['1b2c3d4e-7b1d-4c53-9d4c-3a3f5e1f0a01', '2b2c3d4e-7b1d-4c53-9d4c-3a3f5e1f0a01'];
const claims = { sub: 'ann', roles: ['Admin'], instances };
const unsigned = ['{}', JSON.stringify(claims), ''].map((part) => Buffer.from(part).toString('base64url')).join('.');
await page.getByLabel('Access token').fill(unsigned);
await button('Continue').click();
await heading('Which instance?');
await page.getByRole('combobox', { name: 'Instance' }).selectOption({ label: '2b2c3d4e …' });
await look('pick_instance');

// Where people sign in at an identity provider, the page before it.
signIn = { kind: 'oidc', issuer: 'https://login.example.com', clientId: 'console', scope: 'openid' };
await page.reload();
await button('Sign in').waitFor();
await look('sign_in_provider');
await close();
