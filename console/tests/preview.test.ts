// What a preview of a draft is asked, what it still needs, and what is read from its answer.

import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem, Schemas } from '../src/core/api.ts';
import { draftOf, empty, type Draft } from '../src/core/draft.ts';
import {
  changes,
  customKeysOf,
  finished,
  inDraft,
  missingOf,
  questionOf,
  sentIn,
  sentInCustom,
  undecidedOf,
  unfinishedKeys,
  unfinishedParts,
} from '../src/core/preview.ts';

const complete = (part: Partial<Draft> = {}): Draft => ({
  ...empty(),
  connectionId: 'connection',
  listId: 'list',
  segments: ['People'],
  mapping: { email: 'Email' },
  ...part,
});
const flag = { action: 'flag', key: 'insegment', in: 'Yes', out: 'No' } as const;
const stored = {
  ...complete({ displayName: 'Saved' }),
  exportId: 'export',
  schedule: { kind: 'systemRefresh', active: true },
} as unknown as Schemas['ExportView'];

test('what is missing is named in the order of the steps', () => {
  deepEqual(missingOf(empty()), ['connection', 'list', 'segments', 'email']);
  deepEqual(missingOf(complete({ mapping: { email: { field: '', repair: true } } })), ['email']);
  deepEqual(missingOf(complete()), []);
});

test('a draft that misses something asks nothing', () => {
  for (const part of [{ connectionId: '' }, { listId: '' }, { segments: [] }, { mapping: { email: '' } }]) {
    equal(questionOf(complete(part), null), null);
    equal(questionOf(complete(part), stored), null);
  }
});

test('a new export is asked about as a whole, whatever it will be called and whenever it will run', () => {
  const { displayName, schedule, ...rest } = complete();
  const question = questionOf(complete(), null);
  deepEqual(question, { exportId: null, body: { ...rest, displayName: '–' } });
  const other = complete({ displayName: 'Mine', schedule: { kind: 'manual', active: false } });
  deepEqual(questionOf(other, null), question);
});

test('a saved export is asked about with what differs, and as it is where nothing does', () => {
  deepEqual(questionOf(draftOf(stored), stored), { exportId: 'export', body: {} });
  const renamed = { ...draftOf(stored), displayName: '', schedule: { kind: 'manual', active: false } as const };
  deepEqual(questionOf(renamed, stored), { exportId: 'export', body: {} });
  const sync = { ...empty().sync, leavers: flag };
  deepEqual(questionOf({ ...renamed, sync }, stored), { exportId: 'export', body: { sync } });
});

test('a change names what was taken out', () => {
  const mapping = { email: 'Mail' };
  deepEqual(changes({ ...draftOf(stored), mapping }, stored), {
    mapping: { name: null, mobileNumber: null, customFields: [], email: 'Mail' },
  });
});

const begun = {
  email: 'Email',
  name: { template: 'Dear ' },
  mobileNumber: { constant: '' },
  defaultCountry: 'L',
  customFields: [
    { key: 'city', constant: '' },
    { key: 'tier', constant: 'VIP' },
    { key: 'hello', template: '' },
    { key: 'greeting', template: 'Hello {{Name|you}}' },
  ],
};

test('texts that are not finished are named, and left out', () => {
  deepEqual(unfinishedParts(begun), ['name', 'mobileNumber', 'defaultCountry']);
  deepEqual(unfinishedKeys(begun), ['city', 'hello']);
  deepEqual(finished(complete({ mapping: begun })).mapping, {
    email: 'Email',
    name: null,
    mobileNumber: null,
    defaultCountry: null,
    customFields: [begun.customFields[1], begun.customFields[3]],
  });
  const whole = { email: 'Email', name: { first: 'A', last: 'B' }, defaultCountry: 'LV' };
  deepEqual([unfinishedParts(whole), unfinishedKeys(whole)], [[], []]);
  deepEqual(finished(complete({ mapping: whole })).mapping, whole);
});

test('choices that are not finished are named, and asked about as the harmless ones', () => {
  const { brake } = empty().sync;
  const sync = {
    ...empty().sync,
    leavers: { ...flag, out: 'Yes' },
    brake: { ...brake, removals: { count: 0, percent: 15 }, additions: { count: 5, percent: 101 } },
  };
  deepEqual(undecidedOf(sync), ['flag', 'removals', 'additions']);
  deepEqual(finished(complete({ sync })).sync, {
    ...sync,
    leavers: { action: 'keep' },
    brake: { ...brake, removals: null, additions: null },
  });
  deepEqual(undecidedOf({ ...sync, leavers: flag, brake: { ...brake, removals: null } }), []);
});

test('an error of a preview stands at the field of the draft', () => {
  const pointers = ['/mapping/customFields/0', '/mapping/customFields/1/template', '/mapping/email'];
  const errors = pointers.map((pointer) => ({ pointer, code: 'invalid', message: '' }));
  const { errors: moved } = inDraft({ errors } as unknown as Problem, begun);
  deepEqual(
    moved?.map(({ pointer }) => pointer),
    ['/mapping/customFields/1', '/mapping/customFields/3/template', '/mapping/email'],
  );
  equal(inDraft({ errorCode: 'tooManyRequests' } as Problem, begun).errors, undefined);
});

const record = (sent: object): Schemas['SampleView'] => ({ customerId: '1', sent: sent as Record<string, never> });

test('a record has its own fields, options, and values that are deleted', () => {
  const one = record({
    EmailAddress: 'ann@example.com',
    CustomFields: [
      { Key: 'Drinks', Value: 'Tea' },
      { Key: 'drinks', Value: 'Cola' },
      { Key: 'city', Value: '', Clear: true },
    ],
  });
  deepEqual([sentIn(one, 'EmailAddress'), sentIn(one, 'Name')], ['ann@example.com', null]);
  deepEqual(sentInCustom(one, '[drinks]'), ['Tea', 'Cola']);
  deepEqual([sentInCustom(one, 'city'), sentInCustom(one, 'tier')], [[null], []]);
  deepEqual(sentInCustom(record({}), 'city'), []);
});

test('custom fields stand in the order of the mapping, and a flag behind them', () => {
  const sample = [
    record({ CustomFields: [{ Key: 'insegment', Value: 'Yes' }] }),
    record({ CustomFields: [{ Key: 'City', Value: 'Riga' }] }),
  ];
  const mapping = { email: 'Email', customFields: [{ key: '[city]', field: 'Town' }] };
  deepEqual(customKeysOf(sample, mapping), ['[city]', 'insegment']);
});
