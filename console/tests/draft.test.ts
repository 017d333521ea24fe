// What the data matching proposes, and what a value is made of.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emailField, nameOf, proposed, valueOf, withEmail, wordsOf } from '../src/core/draft.ts';
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

test('a template has fields, and words for empty ones', () => {
  const member = { City: '', FirstName: 'Ann', LastName: 'Berg' };
  assert.equal(valueOf({ template: '{{FirstName}} of {{City|nowhere}}' }, member), 'Ann of nowhere');
  assert.equal(valueOf({ constant: 'VIP' }, member), 'VIP');
  assert.equal(nameOf({ email: 'Email', name: { first: 'FirstName', last: 'LastName' } }, member), 'Ann Berg');
});

test('another field of the address keeps whether mistakes are repaired', () => {
  assert.deepEqual(withEmail({ email: { field: 'A', repair: true } }, 'B'), { field: 'B', repair: true });
  assert.equal(emailField({ email: 'A' }), 'A');
});

test('words are separated by commas', () => assert.deepEqual(wordsOf(' NULL, n/a ,,'), ['NULL', 'n/a']));

test('a cron line of one time and its days is shown in words, and no other', () => {
  assert.deepEqual(simple('0 6 * * 1-5'), { time: '06:00', days: '1-5' });
  assert.deepEqual(simple('30 18 * * *'), { time: '18:30', days: '*' });
  assert.equal(lineOf('18:30', '*'), '30 18 * * *');
  for (const line of ['0 6,18 * * *', '*/5 * * * *', '0 6 1 * *', '']) assert.equal(simple(line), null, line);
});
