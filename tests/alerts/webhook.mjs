// Verifies a message as a receiver does: with the library of Standard Webhooks, or with a public key of Ed25519.
// Usage: webhook.mjs FILE, with {"headers", "body", "secret" | "publicKey"}.

import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';

const { headers, body, secret, publicKey } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const other = body.replace('alert', 'Alert').replace('channel', 'Channel');

if (secret) {
  const webhook = new Webhook(secret);
  assert.equal(typeof webhook.verify(body, headers).data, 'object');
  assert.throws(() => webhook.verify(other, headers));
} else {
  const x = Buffer.from(publicKey.replace('whpk_', ''), 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const [version, signature] = headers['webhook-signature'].split(',');
  assert.equal(version, 'v1a');
  const signed = (text) => Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`);
  assert.ok(verify(null, signed(body), key, Buffer.from(signature, 'base64')));
  assert.ok(!verify(null, signed(other), key, Buffer.from(signature, 'base64')));
}
