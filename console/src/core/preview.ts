// What a preview is asked while an export is edited: the draft as far as it is finished, what it needs first, and what
// the records of the answer hold.

import type { Problem, Schemas } from './api.ts';
import { draftOf, emailField, flagsFully, sourceOf, type Draft, type Mapping, type Source } from './draft.ts';

type Stored = Schemas['ExportView'];
type Sample = Schemas['SampleView'];

/** What a preview cannot do without, in the order of the steps. */
export type Missing = 'connection' | 'list' | 'segments' | 'email';

export function missingOf(draft: Draft): Missing[] {
  const has: Record<Missing, boolean> = {
    connection: draft.connectionId !== '',
    list: draft.listId !== '',
    segments: draft.segments.length > 0,
    email: emailField(draft.mapping) !== '',
  };
  return (Object.keys(has) as Missing[]).filter((one) => !has[one]);
}

/** A text that somebody has yet to type is no source. */
const saysWhere = ({ constant, template }: Source): boolean =>
  constant !== '' && (template === undefined || /\{\{[^]+\}\}/.test(template));

const ofName = ({ name }: Mapping): Source => sourceOf(name as string | Source | null | undefined);
const isCountry = (country: string): boolean => /^[A-Z]{2}$/.test(country);

/** Parts of the mapping whose text is not finished. */
export type Part = 'name' | 'mobileNumber' | 'defaultCountry';

export function unfinishedParts(mapping: Mapping): Part[] {
  const { mobileNumber, defaultCountry } = mapping;
  const says: Record<Part, boolean> = {
    name: saysWhere(ofName(mapping)),
    mobileNumber: saysWhere(sourceOf(mobileNumber)),
    defaultCountry: !defaultCountry || isCountry(defaultCountry),
  };
  return (Object.keys(says) as Part[]).filter((one) => !says[one]);
}

/** The keys of custom fields whose text is not finished. */
export const unfinishedKeys = ({ customFields = [] }: Mapping): string[] =>
  customFields.filter((one) => !saysWhere(one)).map(({ key }) => key);

const isWithin = (value: number, max: number): boolean => value >= 1 && value <= max;
const holds = (limit: Schemas['BrakeLimit'] | null | undefined): boolean =>
  !limit || (isWithin(limit.count, 1_000_000_000) && isWithin(limit.percent, 100));

/** Choices about the list without which nobody can count who leaves, or whether a run waits. */
export type Undecided = 'flag' | 'removals' | 'additions';

export function undecidedOf({ leavers, brake }: Draft['sync']): Undecided[] {
  const decided: Record<Undecided, boolean> = {
    flag: flagsFully(leavers),
    removals: holds(brake.removals),
    additions: holds(brake.additions),
  };
  return (Object.keys(decided) as Undecided[]).filter((one) => !decided[one]);
}

/** The draft without what is not finished: a preview of the rest is better than none. */
export function finished(draft: Draft): Draft {
  return { ...draft, mapping: finishedMapping(draft.mapping), sync: finishedSync(draft.sync) };
}

const without = (names: string[]): object => Object.fromEntries(names.map((name) => [name, null]));

const finishedMapping = (mapping: Mapping): Mapping => ({
  ...mapping,
  ...without(unfinishedParts(mapping)),
  ...(mapping.customFields && { customFields: mapping.customFields.filter(saysWhere) }),
});

function finishedSync(sync: Draft['sync']): Draft['sync'] {
  const out = undecidedOf(sync);
  const brake = without(out.filter((one) => one !== 'flag'));
  return {
    ...sync,
    ...(out.includes('flag') && { leavers: { action: 'keep' } }),
    brake: { ...sync.brake, ...brake },
  };
}

/** What a change sends: only what differs, so that what somebody else changed meanwhile stays. */
export function changes(draft: Draft, stored: Stored): Schemas['ExportPatch'] {
  const before = draftOf(stored);
  const names = Object.keys(draft) as (keyof Draft)[];
  const changed = names.filter((name) => JSON.stringify(draft[name]) !== JSON.stringify(before[name]));
  const patch = Object.fromEntries(changed.map((name) => [name, draft[name]])) as Schemas['ExportPatch'];
  // A patch keeps what it does not name, so what was taken out is named.
  if (patch.mapping) patch.mapping = { name: null, mobileNumber: null, customFields: [], ...patch.mapping };
  return patch;
}

/** A preview that is asked for: of a new export, or of a saved one with a change. */
export type Question =
  { exportId: null; body: Schemas['NewExportBody'] } | { exportId: string; body: Schemas['ExportPatch'] };

/** Previews show nothing of a name, and need one. */
const NAMELESS = '–';

/** Null while something is missing. Name and schedule are no part of it: they change nothing of what a run sends. */
export function questionOf(draft: Draft, stored: Stored | null): Question | null {
  if (missingOf(draft).length > 0) return null;
  const { displayName: _, schedule: __, ...body } = finished(draft);
  if (!stored) return { exportId: null, body: { ...body, displayName: NAMELESS } };
  const { displayName, schedule } = draftOf(stored);
  return { exportId: stored.exportId, body: changes({ ...body, displayName, schedule }, stored) };
}

/** The problem of a preview, with custom fields counted as in the draft: those that are not finished were not sent. */
export function inDraft(problem: Problem, { customFields = [] }: Mapping): Problem {
  const sent = [...customFields.keys()].filter((index) => saysWhere(customFields[index] ?? {}));
  const moved = (pointer: string) =>
    pointer.replace(/^(\/mapping\/customFields\/)(\d+)/, (_, path: string, at: string) => path + (sent[+at] ?? at));
  const errors = problem.errors?.map((error) => ({ ...error, pointer: moved(error.pointer) }));
  return { ...problem, ...(errors && { errors }) };
}

/** Keys may stand in brackets, and their case does not matter. */
export const isSameKey = (one: string, other: string): boolean => plainKey(one) === plainKey(other);
const plainKey = (key: string): string => key.replace(/^\[|\]$/g, '').toLowerCase();

interface Sent {
  CustomFields?: { Key: string; Value: string; Clear?: boolean }[];
  [name: string]: unknown;
}

/** The custom fields of some records: those of the mapping first, then what a run adds, such as a flag. */
export function customKeysOf(sample: Sample[], { customFields = [] }: Mapping): string[] {
  const found = sample.flatMap(({ sent }) => (sent as Sent).CustomFields ?? []).map(({ Key }) => Key);
  return [...customFields.map(({ key }) => key), ...found].filter(
    (key, index, all) => all.findIndex((other) => isSameKey(other, key)) === index,
  );
}

/** What a record sends in a field of its own, such as `EmailAddress`; null where it sends nothing. */
export const sentIn = ({ sent }: Sample, name: string): string | null => {
  const { [name]: value } = sent as Sent;
  return typeof value === 'string' ? value : null;
};

/** What a record sends in a custom field: nothing, a value, or several options. Null deletes what the list has. */
export const sentInCustom = ({ sent }: Sample, key: string): (string | null)[] =>
  ((sent as Sent).CustomFields ?? [])
    .filter(({ Key }) => isSameKey(Key, key))
    .map(({ Value, Clear }) => (Clear ? null : Value));
