// Where a value comes from: a field, the same text for everybody, or a text with fields in it.

import type { Source } from '../core/draft.ts';
import { t } from '../core/i18n.ts';
import { Select, Text, type Choices } from './form.tsx';

export function SourceField({
  label,
  hint,
  source,
  names,
  onSource,
  error,
  about,
  more = [],
  onMore,
}: {
  label: string;
  hint?: string;
  source: Source | null;
  names: Choices;
  onSource(source: Source | null): void;
  error?: string | undefined;
  about?: string | undefined;
  more?: Choices;
  onMore?(): void;
}) {
  const kind =
    source?.constant !== undefined ? '*constant' : source?.template !== undefined ? '*template' : (source?.field ?? '');
  const pick = (picked: string) => {
    if (picked === '') onSource(null);
    else if (picked === '*constant') onSource({ constant: '' });
    else if (picked === '*template') onSource({ template: source?.field ? `{{${source.field}}}` : '' });
    else if (picked.startsWith('*')) onMore?.();
    else onSource({ field: picked });
  };
  return (
    <>
      <Select
        label={label}
        hint={hint}
        error={error}
        about={about}
        value={kind}
        onInput={pick}
        choices={[
          ['', t('matching.none')],
          ...names,
          ...more,
          ['*constant', t('matching.constant')],
          ['*template', t('matching.template')],
        ]}
      />
      {source?.constant !== undefined && (
        <Text
          label={t('matching.constantFor', { name: label })}
          value={source.constant}
          onInput={(constant) => onSource({ constant })}
        />
      )}
      {source?.template !== undefined && (
        <Text
          label={t('matching.templateFor', { name: label })}
          hint={t('matching.templateHint')}
          value={source.template}
          onInput={(template) => onSource({ template })}
        />
      )}
    </>
  );
}
