// What the service says, in the reader's language: by its code and its values.

import { deepEqual, equal, match } from 'node:assert/strict';
import { after, test } from 'node:test';
import { choose } from '../src/core/i18n.ts';
import { happened, saidOf } from '../src/core/said.ts';

Object.defineProperty(globalThis, 'navigator', { value: { languages: ['lv', 'en'] }, configurable: true });
Object.assign(globalThis, { document: { documentElement: { lang: '' } } });
after(() => choose('en'));

const tooClose = { code: 'tooClose', message: 'Between the runs … at least 15 minutes.', params: { minutes: 15 } };
const unknown = { code: 'unknownField', message: 'The segment “People” has no field “Mail”.' };

test('values are said in the language of the reader', async () => {
  await choose('en');
  deepEqual(saidOf('fieldError', tooClose), { text: 'Between two runs there must be at least 15 minutes.' });
  await choose('lv');
  deepEqual(saidOf('fieldError', tooClose), { text: 'Starp divām izpildēm jābūt vismaz 15 minūtēm.' });
});

test('a sentence whose values are missing is not said with gaps', async () => {
  await choose('lv');
  equal(saidOf('fieldError', { ...tooClose, params: {} }).text, 'Laiki ir pārāk tuvu cits citam.');
});

test('what the sentence of the API says more stays beside that of the reader', async () => {
  await choose('lv');
  deepEqual(saidOf('fieldError', unknown), {
    text: 'Segmenta datos šāda lauka nav, vai to nevar saskaņot.',
    original: unknown.message,
  });
  await choose('en');
  deepEqual(saidOf('fieldError', unknown), { text: unknown.message });
});

test('a code that is newer than the console keeps the sentence of the API', async () => {
  await choose('lv');
  deepEqual(saidOf('warning', { code: 'brandNew', message: 'Something new.' }), {
    text: 'Something new.',
    language: 'en',
  });
});

const late = {
  code: 'late',
  message: 'This run was planned for 2026-11-30 06:00 UTC and started late.',
  params: { plannedUtc: '2026-11-30T06:00:00Z' },
};

test('a warning is said with its values, and a time as the reader writes it', async () => {
  await choose('lv');
  const { text, original } = saidOf('warning', late);
  match(text, /2026\. gada 30\. nov/);
  equal(original, undefined);
  await choose('en');
  deepEqual(saidOf('warning', late), { text: late.message });
});

test('a warning says why in the language of the reader', async () => {
  await choose('lv');
  const removed = { code: 'nobodyRemoved', message: 'It is not known …', params: { why: 'lastRunUnknown' } };
  deepEqual(saidOf('warning', removed), {
    text:
      'Šoreiz no saraksta netiek noņemts neviens, jo kaut kas nav zināms. ' +
      'Nav droši zināms, ko nosūtīja iepriekšējā izpilde. Nākamā noņems tos, kuri aizgājuši.',
  });
});

test('what happened to a run is said with its numbers, and in English by the API', async () => {
  const counts = { missing: 3, selected: 40, rejected: 1, invalid: 2, inDoubt: 0, values: 4 };
  const reason = { code: 'profilesNotExported', params: counts };
  await choose('lv');
  equal(
    happened(reason),
    'Sarakstā nav 3 no 40 profiliem: noraidīti 1, nederīgi vai pēc pieprasījuma dzēsti 2. Nav zināms par 0. ' +
      'Vērtības, kas nav nosūtītas tā, kā tās ir datos: 4. Tās ir nosauktas zemāk.',
  );
  equal(happened({ code: 'profilesNotExported' }), null, 'a run of before has no values');
  await choose('en');
  equal(happened(reason), null);
});

test('an error is said with its values, and a cause that has no code in the words of the API', async () => {
  const twice = { line: 3, cause: 'the CustomerId is there twice' };
  const wrong = { code: 'invalidMembers', message: 'line 3: the CustomerId is there twice', params: twice };
  const near = { field: 'Emial', near: 'Email', segment: 'People' };
  await choose('lv');
  deepEqual(saidOf('fieldError', wrong), { text: 'Faila rinda nr. 3 ir nepareiza.', original: wrong.message });
  equal(
    saidOf('fieldError', { ...unknown, params: near }).text,
    'Segmenta “People” datos nav lauka “Emial”. Ir lauks “Email”.',
  );
  equal(
    saidOf('fieldError', { code: 'refusedAddress', message: '…', params: { why: 'privateHost' } }).text,
    'Šo adresi nedrīkst lietot. Tā ir šī datora vai privāta tīkla adrese.',
  );
  await choose('en');
  deepEqual(saidOf('fieldError', wrong), { text: wrong.message });
});

test('a rejection keeps the sentence of the API where that says more', async () => {
  await choose('lv');
  const other = { code: 'campaignMonitor', message: 'Not today (code 999).', params: { vendorCode: 999 } };
  deepEqual(saidOf('rejection', other), { text: 'Campaign Monitor noraidīja profilu.', original: other.message });
  deepEqual(saidOf('rejection', { code: 'consentUnreadable', message: '…', params: { field: 'Consent' } }), {
    text: 'Piekrišana laukā “Consent” nav ne jā, ne nē.',
  });
});
