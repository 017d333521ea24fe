// People leave the segments: a contributor chooses what happens to them, the run waits, an administrator approves its
// plan, and everybody sees the outcome. Then sending is paused, and resumed.
// Usage: node console_sync.mjs URL API_KEY LIST_ID ENGINE [FOLDER FOR PICTURES]

import assert from 'node:assert/strict';
import { caller, connected, ended as settled, people } from './console_calls.mjs';
import { open } from './console_page.mjs';

const [url, apiKey, listId, engine, folder] = process.argv.slice(2);
/** The states that docs/CONSOLE.md shows. */
const PICTURES = ['export_sync', 'members', 'paused', 'plan', 'verified'];
const call = await caller(url);
const upload = (from, to) => call('contributor', 'PUT', '/segments/People/members', people(from, to), 'text/csv');
const connectionId = await connected(call, apiKey);
await call('contributor', 'PUT', '/segments/People', { displayName: 'People' });
await upload(0, 40);
const add = (displayName, segment) =>
  call('contributor', 'POST', '/exports', {
    displayName,
    connectionId,
    listId,
    segments: [segment],
    mapping: { email: 'Email', customFields: [{ field: 'City', key: 'city' }] },
  });
const { exportId } = await add('People to newsletter', 'People');
// Somebody else is on the list, too.
await call('contributor', 'PUT', '/segments/Others', { displayName: 'Others' });
await call('contributor', 'PUT', '/segments/Others/members', people(90, 91), 'text/csv');
const others = await add('Others to newsletter', 'Others');
const { runId } = await call('contributor', 'POST', `/exports/${others.exportId}/runs`);
await settled(call, runId);

const { page, address, look, button, link, heading, tabTo, retype, saved, foreign, close } = await open(url, engine, folder, PICTURES);
const nav = (name) => page.getByRole('navigation', { name: 'Areas' }).getByRole('link', { name, exact: true });
/** The pages begin anew with another role, and follow the address once they are drawn. */
const role = async (name) => {
  await page.getByRole('combobox', { name: 'Role to try' }).selectOption(name);
  await page.getByText(`${name.toLowerCase()}@example.com`).first().waitFor();
  await page.waitForTimeout(150);
};
const radio = (name) => page.getByRole('radio', { name, exact: true });
const dialog = page.getByRole('dialog');
const ended = (status) => page.locator('.progress').getByText(status).waitFor({ timeout: 30_000 });
const at = (path, query = '') => page.goto(`${address}console/${query}#/${path}`);
const sum = async (figure) => {
  const shown = await figure.locator('.legend strong').allInnerTexts();
  return shown.reduce((before, text) => before + Number(text), 0);
};

// The contributor flags people who leave, in a field that is created on the way.
await role('Contributor');
await at(`exports/${exportId}/edit`);
await button('Changes and leavers').click();
await radio('Only who is new or has changed').check();
await radio('Stay, with a field that says so').check();
await page.getByText('Create a field for this').click();
await page.getByLabel('Name of the new field').fill('In segment');
await button('Create the field').click();
const picked = page.getByLabel('Field of the list').locator('option:checked');
await picked.filter({ hasText: 'In segment' }).waitFor({ state: 'attached' });
await page.getByLabel('Value of members').fill('No');
await page.getByText('Choose two different values.').waitFor();
assert.ok(await button('Continue').isDisabled());
await page.getByLabel('Value of members').fill('Yes');
await look('export_sync_flag');

// Then lets runs delete them, and wait from three people on.
await radio('Are deleted from the list').check();
await page.getByText('Campaign Monitor refuses these people when they come back').waitFor();
await retype(page.getByLabel('From so many people'), '3');
await retype(page.getByLabel('Or from so many percent of the list'), '100');
await look('export_sync', page.getByText('People who leave the segments', { exact: true }));
await button('Continue').click();
await button('Save').click();
await heading('People to newsletter');
await page.getByText('Are deleted from the list', { exact: true }).waitFor();
await page.getByText('from 3 people or 100 %').waitFor();
await page.locator('.note.warn').getByText('Runs remove people from the list who leave the segments').waitFor();

// The first run sends everybody, and says why. The list is compared by a sample.
await button('Run now').click();
await ended('Successful');
await page.getByText('it is not known yet what this list has from the export').waitFor();
assert.equal(await sum(page.locator('.counts').first()), 40);
const firstRun = page.url().split('#/')[1];
assert.equal(JSON.parse(await saved(button('Download as JSON'))).counts.selected, 40);
assert.equal((await saved(button('Download signed'))).split('.').length, 3);
await page.getByRole('cell', { name: 'Completed' }).waitFor();
await radio('By a sample').check();
await button('Check now').click();
await page.getByRole('row').filter({ hasText: 'By a sample' }).getByText('Completed').waitFor();
assert.match(await saved(button('Download the differences')), /^kind,email,customerId,state\r?\nstranger,person90@example.com/);
await page.getByText('What these numbers mean').click();
await look('verified', page.getByRole('heading', { name: 'Receipt' }));

// Fifteen people leave. The editor says how many before anything runs.
await upload(15, 45);
await at(`exports/${exportId}/edit`);
await button('Changes and leavers').click();
await button('Count the people').click();
await page.getByText('5 come, 25 stay, 15 go').waitFor();
await page.getByText('Today that is 15 people.').first().waitFor();
await page.getByText('Runs remove people from the list who leave the segments').waitFor();
await look('export_sync_numbers');

// A change that nobody has saved is counted, too: another limit, another choice, and nothing is sent.
await page.getByText('15 people leave the segments. From 3 on, somebody has to approve.').waitFor();
await page.locator('fieldset').getByText('Today a run would wait: members are sent').first().waitFor();
await retype(page.getByLabel('From so many people').first(), '16');
await page.locator('fieldset').getByText('Today a run would not wait.').first().waitFor();
await radio('Are unsubscribed').check();
await page.locator('.legend').getByText('unsubscribed').first().waitFor();
await radio('Stay on the list').check();
await page.getByText('With these choices nobody is removed').waitFor();
await page.getByText('Today that is 15 people.').first().waitFor();
await look('export_sync_unsaved');
await button('Data matching').click();
await page.getByRole('combobox', { name: 'city', exact: true }).selectOption('The same text for everybody …');
await page.getByLabel('Text for “city”').fill('Liepāja');
await page.getByRole('cell', { name: 'Liepāja' }).last().waitFor();
assert.equal(await page.getByRole('cell', { name: 'Liepāja' }).count(), 10, 'ten members with the change');
const before = await call('contributor', 'GET', `/exports/${exportId}`);
assert.deepEqual([before.sync.leavers.action, before.sync.brake.removals.count], ['delete', 3]);
await at(`exports/${exportId}`);
await button('Check').click();
await page.getByText('15 people leave the segments. From 3 on, somebody has to approve.').waitFor();
await look('check_plan');

// The run waits. Who started it cannot approve it, and reads what to do.
await button('Run now').click();
await page.getByRole('heading', { name: 'This run waits for approval' }).waitFor({ timeout: 30_000 });
const runPage = page.url().split('#/')[1];
await page.getByText('5 come, 25 stay, 15 go').waitFor();
await page.getByText('40 in the last complete run, 30 now').waitFor();
await look('plan', page.getByRole('heading', { name: 'This run waits for approval' }));
await button('Approve this plan').click();
await dialog.getByText('15 people are deleted from the list.').waitFor();
await look('approve');
await dialog.getByRole('button', { name: 'Approve' }).click();
await page.getByRole('alert').getByText('Another person must approve the run').waitFor();
await page.getByText('Ask somebody who neither started the run').waitFor();
assert.ok(await button('Approve this plan').evaluate((one) => one === document.activeElement), 'the focus is back');
await look('second_person');

// Everybody sees that it waits: at the start, and in the list of runs.
await nav('Start').click();
await page.getByText('These runs wait for somebody’s approval:').waitFor();
await look('start_waiting');
await nav('Runs').click();
await page.locator('.note').getByRole('link', { name: 'People to newsletter' }).waitFor();
await page.getByLabel('Status', { exact: true }).selectOption('awaitingApproval');
await page.getByRole('cell', { name: 'Waits for approval' }).waitFor();

// A viewer reads the plan and decides nothing. It reads well in Latvian, too.
await role('Viewer');
await at(runPage);
await page.getByText('Contributors and administrators can approve or decline it.').waitFor();
assert.equal(await button('Approve this plan').count(), 0);
await page.getByRole('combobox', { name: 'Language' }).selectOption('lv');
await page.getByRole('heading', { name: 'Šī izpilde gaida apstiprinājumu' }).waitFor();
await look('plan_latvian');
await page.getByRole('combobox', { name: 'Valoda' }).selectOption('en');

// The administrator approves, in Chromium by keyboard alone. A plan that has changed meanwhile is read again, and is not approved.
await role('Admin');
await page.route('**/approve', (route) =>
  route.fulfill({ status: 409, json: { errorCode: 'planChanged', culprit: 'user', status: 409, detail: '' } }),
);
const approve = async () => {
  for (const one of [button('Approve this plan'), dialog.getByRole('button', { name: 'Approve' })]) {
    await tabTo(one);
    // Firefox has only one window with the keyboard where there is no screen, and it is not always this one.
    await (engine === 'firefox' ? one.click() : page.keyboard.press('Enter'));
  }
};
await page.getByRole('heading', { name: 'This run waits for approval' }).waitFor();
await Promise.all([page.waitForRequest('**/plan'), approve()]);
await page.getByText('The new plan is shown now.').waitFor();
await page.unroute('**/approve');
await page.locator('main h1').focus();
await approve();
await ended('Successful');
await page.getByText('15 people left the segments').waitFor();
assert.equal(await sum(page.locator('.counts').nth(1)), 15, 'the second bar adds up');
await page.getByText('Decided by admin@example.com').waitFor();
await look('leavers');

// Another plan is declined, with a note.
await upload(30, 45);
await at(`exports/${exportId}`);
await role('Contributor');
await button('Run now').click();
await page.getByRole('heading', { name: 'This run waits for approval' }).waitFor({ timeout: 30_000 });
await button('Decline').click();
assert.ok(await button('Decline the plan').isDisabled(), 'a note is needed');
await page.getByLabel('Why', { exact: true }).fill('The segment was emptied by mistake');
await look('decline');
await button('Decline the plan').click();
await ended('Skipped');
await page.getByText('The segment was emptied by mistake').first().waitFor();

// What the export knows of its members: to filter, and to download.
await at(`exports/${exportId}`);
await link('See the members').click();
await heading('Members of “People to newsletter”');
await page.getByLabel('Which members').selectOption('left');
await button('Show').click();
await page.getByRole('rowheader', { name: 'person7@example.com' }).waitFor();
assert.equal(await page.getByRole('row').count(), 16);
await look('members');
assert.match(await saved(button('Download as CSV')), /^email,customerId,state,origin,runId/);
await role('Viewer');
await page.getByText('Contributors and administrators can read addresses.').waitFor();
assert.equal(await button('Pause sending').count(), 0);

// An administrator pauses sending from any page; everybody sees it until it is resumed.
await role('Admin');
await button('Pause sending').click();
await page.getByLabel('Why', { exact: true }).fill('The wrong template went out');
await look('pause');
await button('Pause').click();
const banner = page.getByRole('region', { name: 'Sending is paused' });
await banner.getByText('The wrong template went out').waitFor();
await nav('Segments').click();
await look('paused');
await role('Viewer');
await banner.getByText('Runs wait until an administrator resumes.').waitFor();
assert.equal(await button('Resume sending').count(), 0);
await role('Admin');
await button('Resume sending').click();
await banner.waitFor({ state: 'detached' });

// No text of the editor stands outside of the catalogues.
await at(`exports/${exportId}/edit`, '?lang=pseudo');
await page.locator('.steps li').nth(4).getByRole('button').click();
assert.deepEqual(await foreign('form'), []);
await look('pseudo_sync');

// Its receipt is a page to print.
await at(firstRun);
const [tab] = await Promise.all([page.waitForEvent('popup'), button('Open to print').click()]);
await tab.getByRole('heading', { name: 'Receipt of the run of “People to newsletter”' }).waitFor();
assert.equal(await tab.evaluate(() => getComputedStyle(document.body).maxWidth), '768px', 'it has its style');
await tab.close();
await close();
