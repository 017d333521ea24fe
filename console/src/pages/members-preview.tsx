// The first ten members with the values that the data matching gives them, as it is changed.

import { useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { emailField, nameOf, sourceOf, valueOf, type Mapping } from '../core/draft.ts';
import { useDo } from '../core/hooks.ts';
import { t } from '../core/i18n.ts';
import { ProblemNote } from '../parts/problem.tsx';
import { Table, type Column } from '../parts/table.tsx';

type Member = Record<string, unknown>;

/** Members are personal data, and reading them stands in the audit: so they are read when somebody asks, and once. */
export function MembersPreview({
  mapping,
  segment,
  list,
}: {
  mapping: Mapping;
  segment: string;
  list: Schemas['ListView'] | null;
}) {
  const [members, setMembers] = useState<Member[] | null>(null);
  const reading = useDo();
  const read = () =>
    reading.run(async () => {
      const { items } = await api('get', '/segments/{name}/members', { ids: { name: segment }, query: { limit: 10 } });
      setMembers(items);
    });
  const nameOfKey = (key: string) => list?.fields.find((field) => field.key === key)?.name ?? key;
  const columns: Column<Member>[] = [
    { name: t('matching.email'), cell: (one) => valueOf({ field: emailField(mapping) }, one) || t('preview.empty') },
    ...(mapping.name ? [{ name: t('matching.name'), cell: (one: Member) => nameOf(mapping, one) }] : []),
    ...(mapping.mobileNumber
      ? [{ name: t('matching.mobile'), cell: (one: Member) => valueOf(sourceOf(mapping.mobileNumber), one) }]
      : []),
    ...(mapping.customFields ?? []).map((field) => ({
      name: nameOfKey(field.key),
      cell: (one: Member) => valueOf(field, one),
    })),
  ];
  return (
    <section class="section">
      <h3>{t('preview.title')}</h3>
      <p class="hint">{t('preview.text')}</p>
      {!members && (
        <button type="button" disabled={reading.busy} onClick={read}>
          {t('preview.show')}
        </button>
      )}
      <ProblemNote problem={reading.problem} />
      {members && <Table caption={t('preview.title')} columns={columns} rows={members} keyOf={(_, index) => index} />}
    </section>
  );
}
