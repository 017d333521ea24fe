// Every language says everything that English says, with the same values in it, and every word for a code is known.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { en, type Catalogue, type Message } from '../src/words/en.ts';
import { lv } from '../src/words/lv.ts';
import { pseudo } from '../src/words/pseudo.ts';

const languages: Record<string, Catalogue> = { lv, pseudo: pseudo() };
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

test('Latvian has a form for each of its plural rules', () => {
  for (const [key, message] of Object.entries(lv)) {
    if (typeof message !== 'string') assert.deepEqual(Object.keys(message), ['zero', 'one', 'other'], key);
  }
});

test('every message is used', () => {
  const code = sources(new URL('src/', new URL('console/', root)));
  const groups = [...code.matchAll(/(?:word|wordIfKnown)\(\s*'(\w+)'|group="(\w+)"|t\(`(\w+)\./g)].map(
    (found) => found[1] ?? found[2] ?? found[3],
  );
  const unused = Object.keys(en).filter((key) => !code.includes(`'${key}'`) && !groups.includes(key.split('.')[0]));
  assert.deepEqual(
    unused.filter((key) => !/\.title$/.test(key)),
    [],
  );
});

test('the consent that is agreed to is the text that the API serves', () => {
  for (const [lang, words] of Object.entries({ en, lv })) {
    const text = readFileSync(new URL(`src/connections/consent/${lang}.txt`, root), 'utf8');
    assert.equal(String(words['consent.text']), text.trim());
  }
});

test('every status and reason of the document has words', () => {
  const { components } = JSON.parse(readFileSync(new URL('openapi/openapi.json', root), 'utf8'));
  const groups: Record<string, string> = {
    RunStatus: 'runStatus',
    ReasonCode: 'reason',
    ConnectionStatus: 'connectionStatus',
    ProblemCode: 'valueProblem',
    WarningCode: 'warning',
    ExportState: 'exportState',
    SubmissionKind: 'submissionKind',
    FieldType: 'fieldType',
    AllowedRoles: 'allowedRoles',
    FullBecause: 'fullBecause',
    SendMode: 'send',
    Resubscribe: 'resubscribe',
    BrakeRule: 'limit',
    BrakeHold: 'hold',
    BrakeApprover: 'approver',
    VerificationLevel: 'verifyLevel',
    VerificationStatus: 'verificationStatus',
    MemberState: 'memberState',
    MemberOrigin: 'memberOrigin',
    Action: 'action',
  };
  for (const [schema, group] of Object.entries(groups)) {
    for (const code of components.schemas[schema].enum)
      assert.ok(`${group}.${code}` in en, `${group}.${code} of ${schema}`);
  }
  // What happens to people who leave is said before it is chosen, in a plan, and before a plan is approved.
  for (const code of components.schemas.LeaverAction.enum)
    for (const group of ['leavers', 'leaversHint', 'leaving', 'approving'])
      assert.ok(`${group}.${code}` in en, `${group}.${code}`);
});
