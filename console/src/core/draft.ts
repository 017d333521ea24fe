// An export while it is edited: what it begins with, and what is proposed for its data matching.

import type { Schemas } from './api.ts';

/** How the list follows the segments. */
export type Sync = Schemas['ListSync'];
export type Draft = Pick<
  Schemas['NewExportBody'],
  'connectionId' | 'displayName' | 'listId' | 'segments' | 'mapping'
> & {
  options: Schemas['Options'];
  schedule: Schemas['Schedule'];
  sync: Sync;
};
export type Mapping = Schemas['Mapping'];
export type CustomField = Schemas['CustomFieldMapping'];
/** Where a value comes from. */
export type Source = Schemas['ValueSource'];

export const empty = (): Draft => ({
  connectionId: '',
  displayName: '',
  listId: '',
  segments: [],
  mapping: { email: '' },
  options: { resubscribe: false },
  schedule: { kind: 'systemRefresh', active: true },
  // As the service has it where nothing is named: this harms nobody.
  sync: {
    send: 'all',
    leavers: { action: 'keep' },
    resubscribe: 'never',
    brake: { removals: { count: 500, percent: 15 }, additions: null, hold: 'removals', approver: 'secondPerson' },
    verify: 'counts',
  },
});

/** Who comes back to the list: an older setting says the same as `always`. */
export const resubscribeOf = ({ options, sync }: Pick<Draft, 'options' | 'sync'>): Sync['resubscribe'] =>
  options.resubscribe ? 'always' : sync.resubscribe;

/** Fields that people who leave can be flagged in: a text or one option of several, which nothing else fills. */
export const flagFields = (list: Schemas['ListView'], mapping: Mapping): Schemas['CustomFieldView'][] => {
  const filled = (mapping.customFields ?? []).map(({ key }) => key.toLowerCase());
  return list.fields.filter(
    ({ key, dataType }) => ['Text', 'MultiSelectOne'].includes(dataType) && !filled.includes(key.toLowerCase()),
  );
};

/** Whether a choice about people who leave has all it needs. */
export const flagsFully = ({ action, key, in: inside, out }: Schemas['Leavers']): boolean =>
  action !== 'flag' || Boolean(key && inside && out && inside !== out);

export const draftOf = (view: Schemas['ExportView']): Draft => ({
  connectionId: view.connectionId ?? '',
  displayName: view.displayName,
  listId: view.listId,
  segments: view.segments,
  mapping: view.mapping,
  options: view.options,
  sync: view.sync,
  schedule: {
    kind: view.schedule.kind,
    active: view.schedule.active,
    ...(view.schedule.kind === 'custom' && {
      cron: view.schedule.cron ?? [],
      timezone: view.schedule.timezone ?? null,
    }),
  },
});

/** The fields that every one of the segments has. */
export function commonFields(segments: Schemas['SegmentView'][]): Schemas['Field'][] {
  const [first, ...others] = segments;
  return (first?.fields ?? []).filter(
    (field) => !field.unmappable && others.every((segment) => segment.fields.some((one) => one.name === field.name)),
  );
}

const plain = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/[^A-Za-z0-9]/g, '')
    .toLowerCase();
const EMAIL = ['email', 'emailaddress', 'mail', 'epasts', 'epastaadrese'];
const NAME = ['fullname', 'name', 'customername', 'displayname', 'vardsuzvards'];
const FIRST = ['firstname', 'givenname', 'vards'];
const LAST = ['lastname', 'surname', 'familyname', 'uzvards'];
const MOBILE = ['mobile', 'mobilenumber', 'mobilephone', 'phone', 'phonenumber', 'telefons', 'talrunis'];

const find = (fields: Schemas['Field'][], names: string[]): string | undefined =>
  names.flatMap((name) => fields.filter((field) => plain(field.name) === name))[0]?.name;

/** What fits by its name. Consents are never guessed: a person decides them. */
export function proposed(fields: Schemas['Field'][], list: Schemas['ListView'] | null): Mapping {
  const [first, last] = [find(fields, FIRST), find(fields, LAST)];
  const name = find(fields, NAME) ?? (first && last ? { first, last } : undefined);
  const mobile = find(fields, MOBILE);
  const custom = (list?.fields ?? []).flatMap((target): CustomField[] => {
    const field = find(fields, [plain(target.name), plain(target.key)]);
    return field ? [{ key: target.key, field }] : [];
  });
  return {
    email: find(fields, EMAIL) ?? '',
    ...(name && { name }),
    ...(mobile && { mobileNumber: mobile }),
    ...(custom.length > 0 && { customFields: custom }),
  };
}

export const sourceOf = (value: string | Source | null | undefined): Source =>
  typeof value === 'string' ? { field: value } : (value ?? {});

/** The field of the email address, in whichever form it is written. */
export const emailField = (mapping: Mapping): string =>
  typeof mapping.email === 'string' ? mapping.email : mapping.email.field;

/** Writes the field of the email address, and keeps whether usual mistakes are repaired. */
export const withEmail = (mapping: Mapping, field: string): Mapping['email'] =>
  typeof mapping.email === 'string' ? field : { ...mapping.email, field };

/** Words that stand in a text field, separated by commas. */
export const wordsOf = (text: string): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
