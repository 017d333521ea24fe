import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';

import { routeOf } from '../src/core/router.ts';
import { openTab } from '../src/core/tab.ts';

test('an address that cannot be decoded is an address without a page', () => {
  deepEqual(routeOf('#/%').parts, ['%']);
  deepEqual(routeOf('#/segments/a%20b?tab=%').parts, ['segments', 'a b']);
  equal(routeOf('#/runs/7?tab=rejections').query.get('tab'), 'rejections');
});

test('the tab of somebody else cannot reach the console', () => {
  const opened = { opener: 'the console' };
  Object.assign(globalThis, { window: { open: () => opened } });
  equal(openTab()?.opener, null);
  Object.assign(globalThis, { window: { open: () => null } });
  equal(openTab(), null);
});
