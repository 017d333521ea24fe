// Where the name of a person comes from: a field, two of them, or a text.

import type { Schemas } from '../core/api.ts';
import { sourceOf, type Mapping, type Source } from '../core/draft.ts';
import { t } from '../core/i18n.ts';
import { useFieldNotes } from './field-notes.tsx';
import { Group, Select, type Choices } from '../parts/form.tsx';
import { SourceField } from '../parts/source.tsx';

interface Props {
  mapping: Mapping;
  set(part: Partial<Mapping>): void;
  names: Choices;
  error: string | undefined;
  view: Schemas['PreviewView'] | null;
}

export function NameField(props: Props) {
  const { mapping, set, names, error, view } = props;
  const { name } = mapping;
  const { about, notes } = useFieldNotes(view, 'Name');
  if (name && typeof name === 'object' && 'first' in name)
    return (
      <>
        <Pair {...props} name={name} />
        {notes}
      </>
    );
  const first = names[0]?.[0] ?? '';
  return (
    <>
      <SourceField
        label={t('matching.name')}
        source={name ? sourceOf(name as string | Source) : null}
        names={names}
        more={[['*pair', t('matching.pair')]]}
        error={error}
        about={about}
        onMore={() => set({ name: { first, last: first } })}
        onSource={(source) => set({ name: source })}
      />
      {notes}
    </>
  );
}

function Pair({ name, set, names, error }: Props & { name: Schemas['NameParts'] }) {
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
