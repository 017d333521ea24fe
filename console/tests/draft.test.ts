// What an export begins with, and what the data matching proposes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  emailField,
  empty,
  flagFields,
  flagsFully,
  proposed,
  resubscribeOf,
  withEmail,
  wordsOf,
} from '../src/core/draft.ts';
import type { Schemas } from '../src/core/api.ts';
import { lineOf, simple } from '../src/core/cron.ts';

const field = (name: string): Schemas['Field'] => ({ name, type: 'string' });
const list = {
  fields: [{ key: 'city', name: 'City', dataType: 'Text', options: [] }],
} as unknown as Schemas['ListView'];

test('fields are proposed by their names, in English and Latvian', () => {
  const mapping = proposed(['CustomerId', 'E-pasts', 'Vārds', 'Uzvārds', 'Tālrunis', 'city'].map(field), list);
  assert.deepEqual(mapping, {
    email: 'E-pasts',
    name: { first: 'Vārds', last: 'Uzvārds' },
    mobileNumber: 'Tālrunis',
    customFields: [{ key: 'city', field: 'city' }],
  });
});

test('consents are never proposed', () => {
  const mapping = proposed(['Email', 'Consent', 'EmailConsent', 'ConsentToTrack'].map(field), list);
  assert.deepEqual(mapping, { email: 'Email' });
});

test('another field of the address keeps whether mistakes are repaired', () => {
  assert.deepEqual(withEmail({ email: { field: 'A', repair: true } }, 'B'), { field: 'B', repair: true });
  assert.equal(emailField({ email: 'A' }), 'A');
});

test('a new export harms nobody', () => {
  const { sync } = empty();
  assert.deepEqual(sync.leavers, { action: 'keep' });
  assert.deepEqual([sync.resubscribe, sync.brake.approver, sync.verify], ['never', 'secondPerson', 'counts']);
  assert.deepEqual(sync.brake.removals, { count: 500, percent: 15 });
});

test('the older setting of who comes back says the same as always', () => {
  const { sync } = empty();
  assert.equal(resubscribeOf({ options: { resubscribe: true }, sync }), 'always');
  assert.equal(resubscribeOf({ options: { resubscribe: false }, sync }), 'never');
});

test('people who leave are flagged in a text or in one of several options, which nothing else fills', () => {
  const fields = [
    { key: 'city', name: 'City', dataType: 'Text', options: [] },
    { key: 'insegment', name: 'In segment', dataType: 'Text', options: [] },
    { key: 'tier', name: 'Tier', dataType: 'MultiSelectOne', options: ['Yes', 'No'] },
    { key: 'points', name: 'Points', dataType: 'Number', options: [] },
  ];
  const mapping = { email: 'Email', customFields: [{ key: 'City', field: 'Town' }] };
  const found = flagFields({ ...list, fields }, mapping).map(({ key }) => key);
  assert.deepEqual(found, ['insegment', 'tier']);
});

test('a flag needs its field and two values', () => {
  const flag = { action: 'flag', key: 'insegment', in: 'Yes', out: 'No' } as const;
  assert.ok(flagsFully(flag) && flagsFully({ action: 'delete' }));
  for (const part of [{ key: '' }, { out: '' }, { out: 'Yes' }]) assert.ok(!flagsFully({ ...flag, ...part }));
});

test('words are separated by commas', () => assert.deepEqual(wordsOf(' NULL, n/a ,,'), ['NULL', 'n/a']));

test('a cron line of one time and its days is shown in words, and no other', () => {
  assert.deepEqual(simple('0 6 * * 1-5'), { time: '06:00', days: '1-5' });
  assert.deepEqual(simple('30 18 * * *'), { time: '18:30', days: '*' });
  assert.equal(lineOf('18:30', '*'), '30 18 * * *');
  for (const line of ['0 6,18 * * *', '*/5 * * * *', '0 6 1 * *', '']) assert.equal(simple(line), null, line);
});
