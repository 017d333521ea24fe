// Spectral's own rules and the OWASP API Security Top 10, with few exceptions, each with its reason.

import { oas } from '@stoplight/spectral-rulesets';
import owasp from '@stoplight/spectral-owasp-ruleset';

// What a caller may send. Limits on what we answer would make the first longer name of a list at Campaign Monitor a breach
// of the contract, and protect nobody.
const takenIn = (type) => [
  `$.paths[*][*].parameters[*].schema[?(@property === 'type' && @ === '${type}')]^`,
  `$.paths[*][*].requestBody.content['application/json'].schema..[?(@ && @.type === '${type}')]`,
];
const onlyTakenIn = (rule, type) => ({ [rule]: { ...owasp.rules[rule], given: takenIn(type) } });

export default {
  extends: [oas, owasp],
  rules: {
    ...onlyTakenIn('owasp:api4:2023-string-limit', 'string'),
    ...onlyTakenIn('owasp:api4:2023-string-restricted', 'string'),
    ...onlyTakenIn('owasp:api4:2023-array-limit', 'array'),
    // Rates are limited by the gateway in front. What the service itself bounds (bodies, pages, streams) is documented
    // where it is answered, also by 429.
    'owasp:api4:2023-rate-limit': 'off',
    'owasp:api4:2023-rate-limit-responses-429': 'off',
    // The front end calls from its own origin, through its gateway: browsers of other origins shall not read answers.
    'owasp:api8:2023-define-cors-origin': 'off',
    // OpenAPI 3.1 lets a requirement of any scheme name the roles it takes; the rule knows scopes of OAuth only.
    'oas3-operation-security-defined': 'off',
  },
  overrides: [
    {
      // A browser comes back from Campaign Monitor without a token of ours, and is answered by a page, whatever happens.
      files: ['openapi.json#/paths/~1oauth~1campaign-monitor~1callback'],
      rules: {
        'owasp:api8:2023-define-error-responses-401': 'off',
        'owasp:api8:2023-define-error-responses-500': 'off',
      },
    },
    {
      // Health, metrics and public keys take no token and no input: there is nothing in a call that could be wrong.
      files: [
        'openapi.json#/paths/~1livez',
        'openapi.json#/paths/~1readyz',
        'openapi.json#/paths/~1metrics',
        'openapi.json#/paths/~1.well-known~1segment-export~1jwks.json',
      ],
      rules: {
        'owasp:api8:2023-define-error-responses-401': 'off',
        'owasp:api8:2023-define-error-responses-500': 'off',
        'owasp:api8:2023-define-error-validation': 'off',
      },
    },
  ],
};
