// The first view is small: what the page itself names, as it is sent.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';

const BYTES_MAX = 150_000;
const dist = new URL('../dist/', import.meta.url);
const page = new URL('index.html', dist);

test('the first view has at most 150 kB', { skip: !existsSync(page) && 'not built' }, () => {
  const named = [...readFileSync(page, 'utf8').matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, name]) => name);
  assert.ok(named.length >= 3, named.join());
  const sizes = ['index.html', ...named].map((name) => statSync(new URL(`${name}.gz`, dist)).size);
  const sum = sizes.reduce((before, size) => before + size, 0);
  assert.ok(sum <= BYTES_MAX, `${sum} bytes`);
});
