// Data matching: which field of the segments becomes which value of the list, with ten members as they would be sent.

import type { Schemas } from '../core/api.ts';
import {
  commonFields,
  emailField,
  sourceOf,
  withEmail,
  wordsOf,
  type CustomField,
  type Mapping,
  type Source,
} from '../core/draft.ts';
import { t } from '../core/i18n.ts';
import type { StepProps } from './export-step.ts';
import { Consent } from './export-consent.tsx';
import { MembersPreview } from './members-preview.tsx';
import { Check, Group, Select, Text, type Choices } from '../parts/form.tsx';
import { Empty } from '../parts/page.tsx';
import { NewField } from '../parts/new-field.tsx';
import { errorAt } from '../parts/problem.tsx';
import { SourceField } from '../parts/source.tsx';
import { DATE_PATTERNS, formatKey, formatOf } from '../parts/formats.ts';

export function MatchingStep({ draft, change, chosen, list, reread, problem }: StepProps) {
  const fields = commonFields(chosen);
  const { mapping } = draft;
  const set = (part: Partial<Mapping>) => change({ mapping: { ...mapping, ...part } });
  if (!fields.length) return <Empty title={t('matching.noFields')} text={t('matching.noFieldsText')} />;
  const names: Choices = fields.map((field) => [field.name, field.name]);
  const none: Choices = [['', t('matching.none')]];
  return (
    <>
      <p>{t('matching.lead')}</p>
      <Select
        label={t('matching.email')}
        value={emailField(mapping)}
        required
        choices={[...none, ...names]}
        error={errorAt(problem, '/mapping/email')}
        onInput={(field) => set({ email: withEmail(mapping, field) })}
      />
      <Check
        label={t('matching.repair')}
        hint={t('matching.repairHint')}
        checked={typeof mapping.email !== 'string' && mapping.email.repair === true}
        onInput={(repair) => set({ email: repair ? { field: emailField(mapping), repair } : emailField(mapping) })}
      />
      <NameField mapping={mapping} set={set} names={names} error={errorAt(problem, '/mapping/name')} />
      <SourceField
        label={t('matching.mobile')}
        source={mapping.mobileNumber ? sourceOf(mapping.mobileNumber) : null}
        names={names}
        error={errorAt(problem, '/mapping/mobileNumber')}
        onSource={(source) =>
          set({
            mobileNumber: source && {
              ...(typeof mapping.mobileNumber === 'object' &&
                mapping.mobileNumber?.ifEmpty && { ifEmpty: mapping.mobileNumber.ifEmpty }),
              ...source,
            },
          })
        }
      />
      {mapping.mobileNumber && (
        <Text
          label={t('matching.country')}
          hint={t('matching.countryHint')}
          value={mapping.defaultCountry ?? ''}
          maxLength={2}
          pattern="[A-Za-z]{2}"
          error={errorAt(problem, '/mapping/defaultCountry')}
          onInput={(country) => set({ defaultCountry: country ? country.toUpperCase() : null })}
        />
      )}
      <h3>{t('matching.custom')}</h3>
      {list?.fields.length === 0 && <p>{t('matching.noCustom')}</p>}
      {list && (
        <NewField
          connectionId={draft.connectionId}
          listId={draft.listId}
          title={t('matching.newField')}
          made={reread}
        />
      )}
      {list?.fields.map((target) => (
        <Target key={target.key} target={target} mapping={mapping} set={set} names={names} problem={problem} />
      ))}
      <h3>{t('matching.consent')}</h3>
      <p>{t('matching.consentText')}</p>
      <Consent
        label={t('matching.track')}
        value={mapping.consentToTrack}
        names={names}
        onValue={(consentToTrack) => set({ consentToTrack })}
        error={errorAt(problem, '/mapping/consentToTrack')}
      />
      {mapping.mobileNumber && (
        <Consent
          label={t('matching.sms')}
          value={mapping.consentToSendSms}
          names={names}
          onValue={(consentToSendSms) => set({ consentToSendSms })}
          error={errorAt(problem, '/mapping/consentToSendSms')}
        />
      )}
      <Text
        label={t('matching.nullWords')}
        hint={t('matching.nullWordsHint')}
        value={(mapping.nullWords ?? []).join(', ')}
        error={errorAt(problem, '/mapping/nullWords')}
        onInput={(text) => set({ nullWords: wordsOf(text) })}
      />
      <MembersPreview mapping={mapping} segment={chosen[0]?.name ?? ''} list={list} />
    </>
  );
}

function NameField({
  mapping,
  set,
  names,
  error,
}: {
  mapping: Mapping;
  set(part: Partial<Mapping>): void;
  names: Choices;
  error: string | undefined;
}) {
  const { name } = mapping;
  if (name && typeof name === 'object' && 'first' in name) {
    return (
      <Group legend={t('matching.name')} error={error} class="pair">
        <Select
          label={t('matching.first')}
          value={name.first}
          choices={names}
          onInput={(first) => set({ name: { ...name, first } })}
        />
        <Select
          label={t('matching.last')}
          value={name.last}
          choices={names}
          onInput={(last) => set({ name: { ...name, last } })}
        />
        <button type="button" onClick={() => set({ name: null })}>
          {t('matching.otherName')}
        </button>
      </Group>
    );
  }
  const first = names[0]?.[0] ?? '';
  return (
    <SourceField
      label={t('matching.name')}
      source={name ? sourceOf(name as string | Source) : null}
      names={names}
      more={[['*pair', t('matching.pair')]]}
      error={error}
      onMore={() => set({ name: { first, last: first } })}
      onSource={(source) => set({ name: source })}
    />
  );
}

/** One custom field of the list. */
function Target({
  target,
  mapping,
  set,
  names,
  problem,
}: {
  target: Schemas['CustomFieldView'];
  mapping: Mapping;
  set(part: Partial<Mapping>): void;
  names: Choices;
  problem: Schemas['Problem'] | null;
}) {
  const all = mapping.customFields ?? [];
  const index = all.findIndex((one) => one.key === target.key);
  const own = all[index];
  const put = (field: CustomField | null) =>
    set({
      customFields: own
        ? all.flatMap((one) => (one === own ? (field ? [field] : []) : [one]))
        : [...all, ...(field ? [field] : [])],
    });
  const pick = (source: Source | null) => {
    if (!source) return put(null);
    const { format, ifEmpty, timezone } = own ?? {};
    return put({
      key: target.key,
      ...(format && { format }),
      ...(ifEmpty && { ifEmpty }),
      ...(timezone && { timezone }),
      ...source,
    });
  };
  const isDate = target.dataType === 'Date';
  const isMany = target.dataType.startsWith('MultiSelectMany');
  const formats: Choices = isDate
    ? DATE_PATTERNS.map((one) => [one, one])
    : isMany
      ? [';', ',', '|', 'json'].map((one) => [`separator ${one}`, t('matching.separated', { mark: one })])
      : target.dataType === 'Number'
        ? [
            ['number , .', '1.234,5'],
            ['number ,', '1234,5'],
            ['number . ,', '1,234.5'],
          ]
        : [];
  return (
    <div class="target">
      <SourceField
        label={target.name}
        source={own ?? null}
        names={names}
        onSource={pick}
        error={errorAt(problem, `/mapping/customFields/${index}`)}
      />
      {own && formats.length > 0 && (
        <Select
          label={t('matching.formatOf', { name: target.name })}
          value={formatKey(own.format)}
          choices={[['', t('matching.usual')], ...formats]}
          onInput={(key) => {
            const { format: _, ...rest } = own;
            const format = formatOf(key);
            put({ ...rest, ...(format && { format }) });
          }}
        />
      )}
      {own && (
        <details open={own.ifEmpty === 'clear'}>
          <summary>{t('matching.emptyOf', { name: target.name })}</summary>
          <Check
            label={t('matching.clear')}
            checked={own.ifEmpty === 'clear'}
            hint={t('matching.clearHint')}
            onInput={(clear) => put({ ...own, ifEmpty: clear ? 'clear' : 'keep' })}
          />
        </details>
      )}
    </div>
  );
}
