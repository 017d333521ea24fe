// The rules of alerts while somebody changes them.

import { deepEqual, equal, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  audienceOf,
  EXPORT_KINDS,
  KINDS,
  LIMITS,
  limitsOf,
  usualRule,
  withChannels,
  withReminder,
  withRule,
} from '../src/core/rules.ts';

const document = JSON.parse(readFileSync(new URL('../../openapi/openapi.json', import.meta.url), 'utf8'));
const schema = document.components.schemas;

test('the kinds and the limits are those of the document', () => {
  deepEqual([...KINDS].sort(), [...schema.RuleKind.enum].sort());
  for (const [name, least, most, usual] of Object.values(LIMITS).flat()) {
    const { minimum, maximum } = schema.AlertRule.properties[name];
    ok(minimum <= least && least <= usual && usual <= most && most <= maximum, name);
  }
});

test('a rule that is switched on tells every channel, and reminds nobody', () => {
  deepEqual(usualRule('countDeviates'), { kind: 'countDeviates', percent: 30, runs: 14 });
  equal(audienceOf(usualRule('runFailed')), 'all');
  deepEqual(limitsOf({ kind: 'runLate' }), { minutes: 60 });
});

test('channels and reminders are left out, not empty, where they are not chosen', () => {
  const rule = { kind: 'runFailed', channels: ['a'], remindHours: 24 } as const;
  deepEqual(withReminder(withChannels({ ...rule, channels: ['a'] }, null), 0), { kind: 'runFailed' });
  equal(audienceOf(withChannels(usualRule('runFailed'), [])), 'none');
  equal(audienceOf(withChannels(usualRule('runFailed'), ['a'])), 'some');
});

test('there is one rule of a kind, and a connection and a channel have none for an export', () => {
  const rules = withRule([usualRule('notFresh'), usualRule('runFailed')], 'runFailed', {
    kind: 'runFailed',
    remindHours: 4,
  });
  deepEqual(rules, [{ kind: 'runFailed', remindHours: 4 }, usualRule('notFresh')]);
  deepEqual(withRule(rules, 'notFresh', null), [{ kind: 'runFailed', remindHours: 4 }]);
  ok(!EXPORT_KINDS.includes('connectionNeedsAttention'));
  ok(!EXPORT_KINDS.includes('channelNeedsAttention'));
});
