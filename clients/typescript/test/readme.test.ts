// The example of the README, as it stands there.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

test('the example of the README runs', () => {
  const example = readFileSync('test/example.ts', 'utf8');
  assert.ok(readFileSync('README.md', 'utf8').includes(`\`\`\`ts\n${example}\`\`\``), 'test/example.ts is its example');
  const output = execFileSync('node', ['built/test/example.js'], { encoding: 'utf8' });
  assert.match(output, /^completedWithErrors 1\n2 /);
});
