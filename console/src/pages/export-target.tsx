// What goes into one custom field of the list, in which form it is written, and what the preview says of its values.

import type { Schemas } from '../core/api.ts';
import type { CustomField, Mapping, Source } from '../core/draft.ts';
import { t } from '../core/i18n.ts';
import { useFieldNotes } from './field-notes.tsx';
import { Check, Select, type Choices } from '../parts/form.tsx';
import { DATE_PATTERNS, formatKey, formatOf } from '../parts/formats.ts';
import { errorAt } from '../parts/problem.tsx';
import { SourceField } from '../parts/source.tsx';

interface Props {
  target: Schemas['CustomFieldView'];
  mapping: Mapping;
  set(part: Partial<Mapping>): void;
  names: Choices;
  problem: Schemas['Problem'] | null;
  view: Schemas['PreviewView'] | null;
}

export function Target({ target, mapping, set, names, problem, view }: Props) {
  const all = mapping.customFields ?? [];
  const index = all.findIndex((one) => one.key === target.key);
  const own = all[index];
  const put = (field: CustomField | null) =>
    set({
      customFields: own
        ? all.flatMap((one) => (one === own ? (field ? [field] : []) : [one]))
        : [...all, ...(field ? [field] : [])],
    });
  const { about, notes } = useFieldNotes(view, target.key, (format) => own && put({ ...own, format }));
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
  return (
    <div class="target">
      <SourceField
        label={target.name}
        source={own ?? null}
        names={names}
        onSource={pick}
        error={errorAt(problem, `/mapping/customFields/${index}`)}
        about={about}
      />
      {own && <FormatField target={target} own={own} put={put} />}
      {own && notes}
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

function formatsOf({ dataType }: Schemas['CustomFieldView']): Choices {
  if (dataType === 'Date') return DATE_PATTERNS.map((one) => [one, one]);
  if (dataType.startsWith('MultiSelectMany'))
    return [';', ',', '|', 'json'].map((one) => [`separator ${one}`, t('matching.separated', { mark: one })]);
  if (dataType !== 'Number') return [];
  return [
    ['number , .', '1.234,5'],
    ['number ,', '1234,5'],
    ['number . ,', '1,234.5'],
  ];
}

interface FormatProps {
  target: Schemas['CustomFieldView'];
  own: CustomField;
  put(field: CustomField): void;
}

function FormatField({ target, own, put }: FormatProps) {
  const formats = formatsOf(target);
  if (formats.length === 0) return null;
  const key = formatKey(own.format);
  // The data may be written in a form that was proposed, and that nobody needs to pick.
  const other: Choices = key && !formats.some(([one]) => one === key) ? [[key, key]] : [];
  const pick = (picked: string) => {
    const { format: _, ...rest } = own;
    const format = picked === key ? own.format : formatOf(picked);
    put({ ...rest, ...(format && { format }) });
  };
  return (
    <Select
      label={t('matching.formatOf', { name: target.name })}
      value={key}
      choices={[['', t('matching.usual')], ...formats, ...other]}
      onInput={pick}
    />
  );
}
