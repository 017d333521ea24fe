// Where a consent comes from: nowhere, the same for everybody, or a field whose words are yes and no.

import type { ComponentChildren } from 'preact';
import type { Schemas } from '../core/api.ts';
import { wordsOf } from '../core/draft.ts';
import { t } from '../core/i18n.ts';
import { Select, Text, type Choices } from '../parts/form.tsx';

export function Consent({
  label,
  value,
  names,
  onValue,
  error,
  about,
  notes,
}: {
  label: string;
  value: Schemas['ConsentMapping'] | undefined;
  names: Choices;
  onValue(value: Schemas['ConsentMapping']): void;
  error?: string | undefined;
  /** What the preview says of its values, and the id that ties it to the field. */
  about: string | undefined;
  notes: ComponentChildren;
}) {
  const field = typeof value === 'object' ? value : null;
  const pick = (picked: string) =>
    onValue(picked.startsWith('*') ? (picked.slice(1) as Schemas['ConsentChoice']) : { field: picked });
  return (
    <fieldset>
      <legend>{label}</legend>
      <Select
        label={t('matching.from')}
        value={field ? field.field : `*${String(value ?? 'unchanged')}`}
        onInput={pick}
        error={error}
        about={about}
        choices={[
          ['*unchanged', t('matching.unchanged')],
          ...names.map(([key, text]): [string, string] => [key, t('matching.field', { name: text })]),
          ['*yes', t('matching.yesForAll')],
          ['*no', t('matching.noForAll')],
        ]}
      />
      {notes}
      {field && (
        <>
          <p class="hint">{t('matching.usualWords')}</p>
          <Text
            label={t('matching.yesWords')}
            value={(field.yes ?? []).join(', ')}
            onInput={(text) => onValue({ ...field, yes: wordsOf(text) })}
          />
          <Text
            label={t('matching.noWords')}
            value={(field.no ?? []).join(', ')}
            onInput={(text) => onValue({ ...field, no: wordsOf(text) })}
          />
          <Select
            label={t('matching.otherwise')}
            value={field.otherwise ?? 'reject'}
            onInput={(otherwise) => onValue({ ...field, otherwise: otherwise as Schemas['OtherConsent'] })}
            choices={[
              ['reject', t('otherwise.reject')],
              ['no', t('otherwise.no')],
              ['unchanged', t('otherwise.unchanged')],
            ]}
          />
        </>
      )}
    </fieldset>
  );
}
