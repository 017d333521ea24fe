// A certified OpenID provider (oidc-provider) for tests, with orders beside it:
//   POST /orders/token    {roles, instances}  a token, by the client credentials grant
//   POST /orders/rotate                       a new key signs; the one before is published too
//   POST /orders/withdraw                     only the newest key is published
//   POST /orders/console  {redirectUri, roles, instances, seconds, refresh}  people sign in to the console, each with
//                         these claims; a token lives for `seconds`, and a refresh token comes with it or not
// Usage: node provider.mjs; prints its address, and ends with its standard input.

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const AUDIENCE = 'segment-export';
const RESOURCE = 'https://segment-export.example.com';
let keys = [newKey()];
let claims = {};
let consoles = [];
let seconds = 600;
let issuer;
let provider;

function newKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = `key-${Math.random().toString(36).slice(2)}`;
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' };
}

// The provider takes its keys at its start, so new keys mean a new one.
function restart() {
  provider = new Provider(issuer, {
    clients: [{
      client_id: 'front-end', client_secret: 'not-a-secret', grant_types: ['client_credentials'],
      redirect_uris: [], response_types: [], token_endpoint_auth_method: 'client_secret_post',
      id_token_signed_response_alg: 'ES256',
    }, ...consoles],
    jwks: { keys },
    extraTokenClaims: () => claims,
    clientBasedCORS: () => true,
    issueRefreshToken: async (_context, client) => client.grantTypeAllowed('refresh_token'),
    features: {
      clientCredentials: { enabled: true },
      // Its own pages, where every name and password is right.
      devInteractions: { enabled: consoles.length > 0 },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: '', audience: AUDIENCE, accessTokenFormat: 'jwt', accessTokenTTL: seconds,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
}

async function token(body) {
  claims = body;
  const form = new URLSearchParams({
    grant_type: 'client_credentials', client_id: 'front-end', client_secret: 'not-a-secret', resource: RESOURCE,
  });
  const answer = await fetch(`${issuer}/token`, { method: 'POST', body: form });
  return answer.json();
}

/** A public client with PKCE, as a page in a browser is. */
function admit({ redirectUri, seconds: life = 600, refresh = false, ...body }) {
  claims = body;
  seconds = life;
  consoles = [{
    client_id: 'console', redirect_uris: [redirectUri], response_types: ['code'],
    grant_types: ['authorization_code', ...(refresh ? ['refresh_token'] : [])],
    token_endpoint_auth_method: 'none', id_token_signed_response_alg: 'ES256',
  }];
}

async function obey(order, body) {
  if (order === 'token') return token(body);
  if (order === 'console') admit(body);
  if (order === 'rotate') keys = [newKey(), keys[0]];
  if (order === 'withdraw') keys = keys.slice(0, 1);
  restart();
  return {};
}

const server = createServer(async (request, response) => {
  const order = request.url.match(/^\/orders\/(token|rotate|withdraw|console)$/);
  if (!order) return provider.callback()(request, response);
  let text = '';
  for await (const part of request) text += part;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(await obey(order[1], JSON.parse(text || '{}'))));
});
server.listen(0, '127.0.0.1', () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  restart();
  console.log(issuer);
  // Nobody reads on, and what the library says later must not end the process.
  console.info = console.error;
});
process.stdin.on('end', () => process.exit(0)).resume();
