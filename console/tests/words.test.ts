// Every language says everything that English says, with the same values in it, and every word for a code is known.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { LANGUAGES } from '../src/core/i18n.ts';
import { en, type Catalogue, type Message } from '../src/words/en.ts';
import { pseudo } from '../src/words/pseudo.ts';

/** Whatever language has a file, by its code. */
const files = import.meta.glob<Catalogue>(['../src/words/??.ts', '!../src/words/en.ts'], {
  eager: true,
  import: 'default',
});
const translated = Object.fromEntries(
  Object.entries(files).map(([path, catalogue]) => [path.slice(-5, -3), catalogue]),
);
const languages: Record<string, Catalogue> = { ...translated, pseudo: pseudo() };
const texts = (message: Message): string[] => (typeof message === 'string' ? [message] : Object.values(message));
const values = (message: Message): string[] =>
  [
    ...new Set(
      texts(message)
        .join(' ')
        .match(/\{\w+\}/g),
    ),
  ].sort();
const root = new URL('../../', import.meta.url);

function sources(folder: URL): string {
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      const path = new URL(entry.isDirectory() ? `${entry.name}/` : entry.name, folder);
      if (entry.isDirectory()) return entry.name === 'words' ? '' : sources(path);
      return /\.tsx?$/.test(entry.name) ? readFileSync(path, 'utf8') : '';
    })
    .join('\n');
}

for (const [name, catalogue] of Object.entries(languages)) {
  test(`${name} has every message, and none is empty`, () => {
    assert.deepEqual(Object.keys(catalogue).sort(), Object.keys(en).sort());
    for (const [key, message] of Object.entries(catalogue)) assert.ok(texts(message).every(Boolean), key);
  });

  test(`${name} has the values of the English messages`, () => {
    for (const [key, message] of Object.entries(en)) {
      const own = values(catalogue[key as keyof Catalogue]);
      // A plural form for one alone needs no number.
      assert.deepEqual(
        own.filter((value) => value !== '{n}'),
        values(message).filter((value) => value !== '{n}'),
        key,
      );
    }
  });
}

for (const [name, catalogue] of Object.entries({ en, ...translated })) {
  test(`${name} has a form for each of its plural rules`, () => {
    const rules = new Intl.PluralRules(name).resolvedOptions().pluralCategories;
    for (const [key, message] of Object.entries(catalogue))
      if (typeof message !== 'string') assert.deepEqual(Object.keys(message).sort(), [...rules].sort(), key);
  });
}

test('a language is one file, and the menu has it by its own name', () => {
  assert.deepEqual(LANGUAGES, [
    ['en', 'English'],
    ['lv', 'Latviešu'],
  ]);
  assert.deepEqual(Object.keys(translated), ['lv']);
});

test('the steps are named as on the page of Customer Insights, in both of its languages', () => {
  const page: [keyof Catalogue, string, string][] = [
    ['connections.add', 'Add connection', 'Pievienot savienojumu'],
    ['common.displayName', 'Display name', 'Parādāmais nosaukums'],
    ['consent.title', 'Data privacy and compliance', 'Datu konfidencialitāte un atbilstība'],
    ['consent.agree', 'I agree', 'Piekrītu'],
    ['connections.connect', 'Connect', 'Savienot'],
    ['connections.bySignIn', 'Authenticate with Campaign Monitor', 'Autentificēt ar Campaign Monitor'],
    ['connections.addMe', 'Add yourself as export user', 'Pievienot sevi kā eksporta lietotāju'],
    ['common.save', 'Save', 'Saglabāt'],
    ['exports.connection', 'Connection for export', 'Savienošana eksportam'],
    ['step.matching', 'Data matching', 'Datu atbilstība'],
    ['matching.email', 'Email', 'E-pasts'],
    ['exports.duplicate', 'Create duplicate', 'Izveidot dublikātu'],
    ['role.Contributor', 'Contributor', 'Līdzstrādnieks'],
  ];
  for (const [key, english, latvian] of page)
    assert.deepEqual([en[key], translated.lv?.[key]], [english, latvian], key);
});

test('every message is used', () => {
  const code = sources(new URL('src/', new URL('console/', root)));
  const groups = [...code.matchAll(/(?:word|wordIfKnown|wordIfComplete)\(\s*'(\w+)'|group="(\w+)"|t\(`(\w+)\./g)].map(
    (found) => found[1] ?? found[2] ?? found[3],
  );
  for (const [, group] of code.matchAll(/saidOf\(\s*'(\w+)'/g)) groups.push(group, `${group}With`);
  const unused = Object.keys(en).filter((key) => !code.includes(`'${key}'`) && !groups.includes(key.split('.')[0]));
  assert.deepEqual(
    unused.filter((key) => !/\.title$/.test(key)),
    [],
  );
});

/** The words for the values of each closed set of the document. */
const GROUPS: Record<string, string> = {
  Action: 'action',
  AlertStatus: 'alertStatus',
  AllowedRoles: 'allowedRoles',
  BatchStatus: 'runStatus',
  BrakeApprover: 'approver',
  BrakeHold: 'hold',
  BrakeRule: 'limit',
  ChannelKind: 'channelKind',
  ConnectionStatus: 'connectionStatus',
  CredentialKind: 'credentialKind',
  Culprit: 'culprit',
  DataSubjects: 'whose',
  DeliveryStatus: 'deliveryStatus',
  DepartedState: 'memberState',
  ErasurePlace: 'place',
  ErasureStatus: 'erasureStatus',
  ExpectationStatus: 'expectation',
  ExportState: 'exportState',
  FieldType: 'fieldType',
  FullBecause: 'fullBecause',
  ListUse: 'listUse',
  LiveProblemCode: 'liveProblem',
  MemberOrigin: 'memberOrigin',
  MemberState: 'memberState',
  NoticeEvent: 'notice',
  MissedBecause: 'missed',
  OptIn: 'optIn',
  OtherConsent: 'otherwise',
  LocationKind: 'placeKind',
  Outcome: 'outcome',
  ProblemCode: 'valueProblem',
  ReasonCode: 'reason',
  RejectionCode: 'rejection',
  RejectionOutcome: 'count',
  Resubscribe: 'resubscribe',
  RuleKind: 'rule',
  RunStatus: 'runStatus',
  ScheduleKind: 'scheduleKind',
  SendMode: 'send',
  SignatureScheme: 'signature',
  StandingCode: 'standing',
  StatusClass: 'statusClass',
  SubmissionKind: 'submissionKind',
  SubscriberState: 'liveState',
  VerificationLevel: 'verifyLevel',
  VerificationStatus: 'verificationStatus',
  WarningCode: 'warning',
  Weekday: 'weekday',
};
/** Sets whose values nobody reads as words, and why. */
const NOT_SHOWN: Record<string, string> = {
  AgeUnit: 'each has a sentence of its own',
  ActorKind: 'the name of the actor is shown',
  ConnectionType: 'there is one',
  ConsentChoice: 'each has a sentence of its own in the data matching',
  ConsentLang: 'it decides which text is shown',
  DecimalMark: 'a mark',
  DecisionOutcome: 'the status of the run says it',
  DifferenceKind: 'in the file that is downloaded',
  EmptyValue: 'a check box',
  Format: 'names of formats',
  GroupMark: 'a mark',
  LeaverAction: 'below, in four groups',
  Mode: 'of a call that the console does not make',
  NewDataType: 'the console creates texts alone',
  Permissions: 'it decides which buttons are shown',
  ProposedDate: 'patterns',
  ProposedSeparator: 'a mark',
  Quotes: 'the console sends the usual one',
  Recurrence: 'a sentence of its own in the schedule',
  Scope: 'there is one',
  SegmentState: 'the number of members says it',
  SeparatorMark: 'a mark',
  TypedCredentialKind: 'there is one',
  UnsubscribeScope: 'the console leaves it to the account',
};
const { components } = JSON.parse(readFileSync(new URL('openapi/openapi.json', root), 'utf8'));
type Schema = { enum?: string[]; properties?: Record<string, Schema> };
const schemas: Record<string, Schema> = components.schemas;
const codesOf = (schema: string, property: string): string[] => schemas[schema]?.properties?.[property]?.enum ?? [];
const hasWords = (group: string, codes: string[]) => {
  assert.ok(codes.length > 0, group);
  for (const code of codes) assert.ok(`${group}.${code}` in en, `${group}.${code}`);
};

test('every closed set of the document has words, or a reason why nobody reads it', () => {
  for (const [name, schema] of Object.entries(schemas)) {
    if (!schema.enum) continue;
    const group = GROUPS[name];
    if (group) hasWords(group, schema.enum);
    else assert.ok(name in NOT_SHOWN, `${name}: ${schema.enum.join()}`);
  }
});

test('every error, and everything that can be wrong at a field, has words', () => {
  hasWords('problem', codesOf('Problem', 'errorCode'));
  hasWords('remedy', codesOf('Problem', 'errorCode'));
  hasWords('fieldError', codesOf('FieldError', 'code'));
});

test('a sentence about a field names no value that its code does not have', () => {
  const page = readFileSync(new URL('docs/ERRORS.md', root), 'utf8');
  const rows = page.split('## What is wrong at a pointer')[1]?.matchAll(/^\| `(\w+)` \|(.*)\|$/gm) ?? [];
  const params = new Map([...rows].map(([, code = '', cell = '']) => [code, cell]));
  params.delete('code');
  assert.deepEqual([...params.keys()], codesOf('FieldError', 'code'));
  for (const [key, message] of Object.entries(en)) {
    const [group, code = ''] = key.split('.');
    if (group !== 'fieldErrorWith') continue;
    for (const [, name = ''] of String(message).matchAll(/\{(\w+)\}/g))
      assert.ok(params.get(code)?.includes(`\`${name}\``), `${key}: ${name}`);
  }
});

test('what happens to people who leave is said before it is chosen, in a plan, and before a plan is approved', () => {
  for (const group of ['leavers', 'leaversHint', 'leaving', 'approving'])
    hasWords(group, schemas.LeaverAction?.enum ?? []);
});

test('what a person is to a list is said in a word, a sentence, and with what to do', () => {
  for (const group of ['standing', 'standingText', 'standingTodo']) hasWords(group, schemas.StandingCode?.enum ?? []);
});

test('an alert is said when it opens, when it is over, and with what to do', () => {
  for (const group of ['alert', 'alertOver', 'alertTodo', 'rule', 'ruleText'])
    hasWords(group, schemas.RuleKind?.enum ?? []);
});

test('every code of a rejected profile has words', () => {
  const page = readFileSync(new URL('docs/MARKETERS.md', root), 'utf8');
  const [, section = ''] = page.split('## When profiles were rejected');
  const cells = (section.split('\n## ')[0] ?? '').matchAll(/^\| (`[^|]+)\|/gm);
  hasWords(
    'rejection',
    [...cells].flatMap(([, cell = '']) => [...cell.matchAll(/`(\w+)`/g)].map(([, code = '']) => code)),
  );
});
