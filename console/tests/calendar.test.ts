// The calendar of planned times.

import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { daysOf, keyOfDay, monthFrom, monthOf } from '../src/core/calendar.ts';

test('a month stands in weeks that begin with Monday', () => {
  const weeks = daysOf('2026-11');
  equal(weeks.length, 6);
  deepEqual(
    weeks[0]?.map((day) => day?.getDate() ?? 0),
    [0, 0, 0, 0, 0, 0, 1],
  );
  deepEqual(
    weeks[5]?.map((day) => day?.getDate() ?? 0),
    [30, 0, 0, 0, 0, 0, 0],
  );
  equal(weeks.flat().filter(Boolean).length, 30);
});

test('months follow each other over the end of a year', () => {
  equal(monthOf(monthFrom('2026-12', 1)), '2027-01');
  equal(monthOf(monthFrom('2026-01', -1)), '2025-12');
  equal(keyOfDay(new Date(2026, 10, 3)), '2026-11-3');
});
