// An administrator and a contributor go through the console: from nothing to a run that is accounted for.
// Usage: node console.mjs URL API_KEY ENGINE [FOLDER FOR PICTURES]

import assert from 'node:assert/strict';
import { caller } from './console_calls.mjs';
import { open } from './console_page.mjs';

const [url, apiKey, engine, folder] = process.argv.slice(2);
/** The states that docs/CONSOLE.md shows. */
const PICTURES = [
  'audit',
  'check',
  'connect',
  'connection',
  'connections',
  'export_list',
  'export_matching',
  'export',
  'exports',
  'run',
  'runs',
  'schedule',
  'segment',
  'segments',
  'start',
  'upload_refused',
];
const { page, address, look, button, link, heading, tabTo, retype, saved, foreign, close } = await open(url, engine, folder, PICTURES);
const nav = (name) => page.getByRole('navigation', { name: 'Areas' }).getByRole('link', { name, exact: true });
const role = (name) => page.getByRole('combobox', { name: 'Role to try' }).selectOption(name);

// Empty pages say what to do first.
await heading('From a segment to a list');
await look('start');
for (const [area, empty] of [
  ['Exports', 'There is no export yet'],
  ['Runs', 'There is no run'],
  ['Segments', 'There is no segment yet'],
  ['Connections', 'There is no connection yet'],
]) {
  await nav(area).click();
  await page.getByText(empty).waitFor();
  await look(`empty_${area.toLowerCase()}`);
}

// In the language of the test, every text is in brackets, so one that no catalogue has stands out.
await page.goto(`${address}console/?lang=pseudo#/`);
for (const area of ['', 'exports', 'runs', 'segments', 'segments/add', 'connections', 'connections/add', 'schedule']) {
  await page.goto(`${address}console/?lang=pseudo#/${area}`);
  await page.locator('main h1').filter({ hasText: '[' }).waitFor();
  await page.waitForTimeout(100);
  await look(`pseudo_${area.replace('/', '_')}`);
  assert.deepEqual(await foreign('nav, main'), [], area);
}
await page.goto(`${address}console/#/connections`);
await page.getByText('There is no connection yet').waitFor();

// The administrator connects, by keyboard alone. Nothing is saved without consent.
await link('Add connection').focus();
await page.keyboard.press('Enter');
await heading('Add connection');
await tabTo(page.getByLabel('Display name'));
await page.keyboard.type('Campaign Monitor - newsletter');
await page.keyboard.press('Tab');
await page.keyboard.press('ArrowDown');
await tabTo(page.getByLabel('API key', { exact: true }));
await page.keyboard.type(apiKey);
await page.keyboard.press('Enter');
await heading('Add connection');
await page.getByText('When you let this service send data').waitFor();
await look('connect');
await tabTo(page.getByLabel('I agree'));
await page.getByLabel('I agree').press('Space');
await page.getByLabel('I agree').and(page.locator(':checked')).waitFor();
await tabTo(button('Save'));
await button('Save').press('Enter');
await heading('Campaign Monitor - newsletter');
await page.getByText('This connection is ready.').waitFor();
await button('Verify').click();
await page.locator('.checks li').first().waitFor();
await look('connection');

// Which text was shown is kept with the consent.
const call = await caller(url);
const text = await call('admin', 'GET', '/consent-text?lang=en');
const [{ consent }] = (await call('admin', 'GET', '/connections')).items;
assert.deepEqual([consent.textVersion, consent.lang], [text.version, 'en']);

// The contributor uploads a segment: first a file that cannot be read, then a good one.
await role('Contributor');
await nav('Segments').click();
await link('Add segment').click();
await page.getByLabel('Display name').fill('High value customers');
const file = (text) =>
  page
    .getByLabel('File with the members')
    .setInputFiles({ name: 'members.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
await file('Mail,City\nann@example.com,Riga\n');
await button('Save').click();
await page.getByRole('alert').getByText('CustomerId').waitFor();
await look('upload_refused');
const people = Array.from(
  { length: 40 },
  (_, n) => `${n},person${n}@example.com,Ann,Berg ${n},Riga,${(n % 28) + 1}/12/1990`,
);
const rows = [
  'CustomerId,Email,FirstName,LastName,City,Birthday',
  ...people,
  '98,not an address,Bob,Berg,Oslo,',
  '99,Person1@example.com,Cid,Berg,Oslo,',
];
await file(rows.join('\n'));
await button('Save').click();
await heading('High value customers');
await button('Show the first 100').click();
await page.getByRole('cell', { name: 'person7@example.com' }).waitFor();
await look('segment');

await nav('Segments').click();
await page.getByRole('rowheader', { name: 'High value customers' }).waitFor();
await look('segments');
await link('High value customers').click();

// An export in steps. Everything is picked from names, and saving runs nothing.
await link('Export this segment').click();
await page.getByRole('radio', { name: 'Campaign Monitor - newsletter' }).waitFor();
await look('export_connection');
await button('Continue').click();
await page.getByRole('radio', { name: 'Newsletter', exact: true }).first().check();
await page.getByText('On the list now').waitFor();
await look('export_list');
await button('Continue').click();
await page.getByText('42 profiles in the chosen segments').waitFor();
await look('export_segments');
await button('Continue').click();
assert.equal(await page.getByLabel('Email', { exact: true }).inputValue(), 'Email', 'proposed by its name');

// Ten members as they would be sent, before anything is saved: nobody's day is, in the form in which the file has it.
await button('Show ten members').click();
const sample = page.getByRole('table', { name: 'The first ten members' });
await sample.getByRole('cell', { name: 'Ann Berg 3' }).waitFor();
assert.equal(await sample.getByRole('row').count(), 11, 'ten members, and the names of the columns');
const unread = page.locator('.target').getByText('not a date in the expected form');
await unread.waitFor();
await page.getByLabel('birthday', { exact: true }).and(page.locator('[aria-describedby]')).waitFor();
await page.getByText('1 The address has a form that Campaign Monitor does not accept.').waitFor();
await look('export_matching');

// It follows what is changed: with their format, days are sent. A text that is not finished stops nothing.
const format = page.getByLabel('How “birthday” is written in your data');
await format.selectOption('d/M/yyyy');
await unread.waitFor({ state: 'detached' });
await sample.getByRole('cell', { name: /^1990.12.01$/ }).waitFor();
await format.selectOption('In the usual form');
await unread.waitFor();
await page.getByLabel('city', { exact: true }).selectOption('The same text for everybody …');
await page.getByText('Not in the preview yet, because it is not finished: city.').waitFor();
await page.getByLabel('Text for “city”').fill('Liepāja');
await sample.getByRole('cell', { name: 'Liepāja' }).first().waitFor();
await page.getByLabel('city', { exact: true }).selectOption('City');
await sample.getByRole('cell', { name: 'Riga' }).first().waitFor();

// Too many previews at a time: it says so calmly, and tries once more when somebody likes.
await page.route('**/exports/preview', (route) =>
  route.fulfill({ status: 429, json: { status: 429, errorCode: 'tooManyRequests', culprit: 'user', detail: '' } }),
);
await format.selectOption('d/M/yyyy');
await page.locator('.note').getByText('Too many previews are read just now.').waitFor();
await look('export_crowded');
await page.unroute('**/exports/preview');
await button('Try again').click();
await sample.getByRole('cell', { name: /^1990.12.01$/ }).waitFor();
await format.selectOption('In the usual form');
await unread.waitFor();
await page.getByLabel('Email', { exact: true }).selectOption('Nothing');
await page.getByText('Choose the field of the email address.').waitFor();
assert.equal(await sample.count(), 0);
await page.getByLabel('Email', { exact: true }).selectOption('Email');
await sample.waitFor();
await button('Continue').click();

// The same preview says what the run would do. Here only a limit of new people holds it, and nobody has saved that.
await page.getByText('Every member is sent, so nobody counts who is new or has changed.').waitFor();
await page.locator('fieldset').getByText('Today a run would not wait.').first().waitFor();
await page.getByRole('checkbox', { name: 'It waits when many people are new' }).check();
await retype(page.getByLabel('From so many people').last(), '40');
await page.getByText('40 people are new. From 40 on, somebody has to approve.').waitFor();
await page.getByText('40 come, 0 stay, 0 go').waitFor();
await page.getByLabel('From so many people').last().fill('');
await page.getByText('Enter how many people are new before a run waits').waitFor();
await page.getByRole('checkbox', { name: 'It waits when many people are new' }).uncheck();
await page.locator('fieldset').getByText('Today a run would not wait.').first().waitFor();

// What nobody chooses removes nobody: the harmless choices are made.
for (const harmless of ['Stay on the list', 'Stay off the list', 'A second person', 'By the counts'])
  assert.ok(await page.getByRole('radio', { name: harmless, exact: true }).isChecked(), harmless);
await look('export_sync');
await button('Continue').click();
await page.getByLabel('Display name').fill('High value to newsletter');
await look('export_options');
await button('Save').click();
await heading('High value to newsletter');
await page.getByText('It has never run.').waitFor();

// A check proposes the format of dates, and applies it when it is chosen.
await button('Check').click();
await page.getByText(/values are written in another form/).waitFor();
await look('check');
await button('Use d/M/yyyy').or(button('Use dd/MM/yyyy')).first().click();
await page.getByText(/values are written in another form/).waitFor({ state: 'detached' });
await look('export');

// A stream that breaks is followed again.
let streams = 0;
await page.route('**/events', (route) => ((streams += 1) === 1 ? route.abort() : route.continue()));

// The run: followed to its end, and every profile accounted for.
await button('Run now').click();
await heading('Run of “High value to newsletter”');
await page.getByText('Completed with errors').first().waitFor();
await page.getByText('42 profiles selected').waitFor();
const shown = await page.locator('.counts .legend strong').allInnerTexts();
assert.equal(
  shown.reduce((sum, text) => sum + Number(text), 0),
  42,
  'the bar adds up',
);
await page.getByLabel('Outcome').selectOption('invalid');
await button('Show').first().click();
await page.getByRole('cell', { name: 'not an address' }).waitFor();
await look('run');
assert.match(await saved(button('Download as CSV').first()), /^customerId,email,outcome/);
await page.getByText('Show the calls to Campaign Monitor').click();
await page
  .getByRole('cell', { name: '200' })
  .or(page.getByRole('cell', { name: '201' }))
  .or(page.getByRole('cell', { name: '400' }))
  .first()
  .waitFor();

// A token that has expired: nothing on the page is lost, and the way to a new one is shown.
await page.route(/\/runs(\?.*)?$/, (route) =>
  route.fulfill({ status: 401, json: { status: 401, errorCode: 'unauthenticated', detail: '' } }),
);
await nav('Runs').click();
await page.getByText('Your sign-in has ended.').waitFor();
await look('signed_out');
await page.unroute(/\/runs(\?.*)?$/);
await button('Sign in').click();
await page.getByRole('row').filter({ hasText: 'High value to newsletter' }).waitFor();
await role('Contributor');
await page.getByRole('row').filter({ hasText: 'High value to newsletter' }).waitFor();
await look('runs');

// Two people change one export: the second one is told, and changes nothing.
const later = await page.context().newPage();
await nav('Exports').click();
await look('exports');
await link('High value to newsletter').click();
await heading('High value to newsletter');
await later.goto(page.url());
await later.getByRole('button', { name: 'Change' }).click();
await later.getByRole('radio', { name: 'By hand' }).check();
await later.getByRole('button', { name: 'Save' }).click();
await later.getByRole('button', { name: 'Change' }).waitFor();
await later.close();
await page.bringToFront();
await button('Change').click();
await page.getByRole('radio', { name: 'At its own times' }).check();
await button('Save').click();
await page.getByRole('alert').getByText('It was changed since you read it').waitFor();
await page.reload();
await heading('High value to newsletter');
await button('Change').click();
await page.getByRole('radio', { name: 'At its own times' }).check();
await button('Save').click();
await page.getByText('Next times').waitFor();

// Instead of a key, an administrator signs in at Campaign Monitor. Removing something asks first.
await role('Admin');
await nav('Connections').click();
await link('Add connection').click();
await page.getByLabel('Display name').fill('By signing in');
await page.getByLabel('I agree').check();
await page.getByRole('radio', { name: 'Authenticate with Campaign Monitor' }).check();
const [tab] = await Promise.all([page.waitForEvent('popup'), button('Save').click()]);
await tab.getByRole('button', { name: 'Allow access' }).click();
await tab.getByText('Campaign Monitor is connected').waitFor();
await tab.close();
await page.bringToFront();
await heading('By signing in');
await page.getByText('This connection is ready.').waitFor();
await button('Remove connection').click();
await page.getByRole('dialog').waitFor();
await look('question');
await page.keyboard.press('Escape');
await page.getByRole('dialog').waitFor({ state: 'detached' });
await button('Remove connection').click();
await button('Remove').click();
await heading('Connections');
await look('connections');

// The administrator sees the schedule and the audit; the reader of the page may write another language.
await role('Admin');
await nav('Schedule').click();
await page.getByLabel('The system refresh is on').check();
await button('Save').click();
await page.getByRole('row').filter({ hasText: 'High value to newsletter' }).first().waitFor();
await look('schedule');
await nav('Audit').click();
await page.getByRole('cell', { name: 'Run started' }).first().waitFor();
await look('audit');
await page.getByRole('combobox', { name: 'Language' }).selectOption('lv');
await heading('Audits');
assert.equal(await page.getAttribute('html', 'lang'), 'lv');
await look('latvian');
await page.getByRole('combobox', { name: 'Valoda' }).selectOption('en');

// A viewer reads, and is shown no button that would be refused.
await role('Viewer');
await nav('Exports').click();
await link('High value to newsletter').click();
await heading('High value to newsletter');
assert.equal(await button('Run now').count(), 0);
assert.equal(await nav('Connections').count(), 0);
await look('viewer');
await close();
