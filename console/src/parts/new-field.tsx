// A custom field of a list, created from here: it is a text, and subscribers do not see it.

import { useState } from 'preact/hooks';
import { api } from '../core/api.ts';
import { useDo, useKey } from '../core/hooks.ts';
import { t } from '../core/i18n.ts';
import { Text } from './form.tsx';
import { ProblemNote } from './problem.tsx';

export function NewField({
  connectionId,
  listId,
  title,
  proposed = '',
  made,
}: {
  connectionId: string;
  listId: string;
  title: string;
  /** A name to begin with. */
  proposed?: string;
  made(key: string): void;
}) {
  const [name, setName] = useState(proposed);
  const making = useDo();
  const keyOf = useKey();
  const create = () =>
    making.run(async () => {
      const body = { name: name.trim(), dataType: 'Text' as const };
      const ids = { id: connectionId, listId };
      made((await api('post', '/connections/{id}/lists/{listId}/fields', { ids, body, key: keyOf(body) })).key);
      setName(proposed);
    });
  return (
    <details>
      <summary>{title}</summary>
      <Text label={t('leavers.newLabel')} value={name} onInput={setName} maxLength={100} />
      <ProblemNote problem={making.problem} />
      <button type="button" disabled={!name.trim() || making.busy} onClick={create}>
        {t('leavers.create')}
      </button>
    </details>
  );
}
