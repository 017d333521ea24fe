// Naming people, and handing them from one page to the next.

import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { askAbout, onAsked, peopleOf, takeAsked } from '../src/core/person.ts';

test('people are named by an address or by the id of the customer, one on each line', () => {
  deepEqual(peopleOf(' ann@example.com\n\n7 '), [{ email: 'ann@example.com' }, { customerId: '7' }]);
});

test('a person is handed to the next page, and to that one alone', () => {
  askAbout('7');
  equal(takeAsked(), '7');
  equal(takeAsked(), null);
});

test('the page that is open gets the person at once, until it is left', () => {
  const asked: string[] = [];
  const leave = onAsked((name) => asked.push(name));
  askAbout('7');
  leave();
  askAbout('8');
  deepEqual([asked, takeAsked()], [['7'], '8']);
});
