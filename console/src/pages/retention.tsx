// What personal data is kept, where and for how long: the same for every instance of a deployment.

import { api, type Schemas } from '../core/api.ts';
import { useLoad } from '../core/hooks.ts';
import { t, word, wordIfKnown } from '../core/i18n.ts';
import { Page, Section } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Table } from '../parts/table.tsx';

type Item = Schemas['RetentionItem'];
const WHOSE: Schemas['DataSubjects'][] = ['members', 'users'];

export function Retention() {
  const loaded = useLoad(() => api('get', '/instance/retention'), []);
  return (
    <Page title={t('retention.title')}>
      <p class="lead">{t('retention.lead')}</p>
      <ProblemNote problem={loaded.problem} retry={loaded.reload} />
      {loaded.data &&
        WHOSE.map((whose) => (
          <Section key={whose} title={word('whose', whose)}>
            <Items
              items={loaded.data?.items.filter((one) => one.whose === whose) ?? []}
              caption={word('whose', whose)}
            />
          </Section>
        ))}
    </Page>
  );
}

const ageOf = ({ age }: Item): string =>
  age ? t(age.unit === 'days' ? 'retention.days' : 'retention.hours', { n: age.number }) : '–';

function Items({ items, caption }: { items: Item[]; caption: string }) {
  const placeOf = ({ type, name }: Item['locations'][number]) =>
    name ? `${word('placeKind', type)} ${name}` : word('placeKind', type);
  return (
    <Table
      caption={caption}
      rows={items}
      keyOf={(one) => one.kind}
      columns={[
        { name: t('retention.what'), cell: (one) => <What item={one} /> },
        { name: t('retention.where'), cell: (one) => one.locations.map(placeOf).join(', ') },
        { name: t('retention.until'), cell: (one) => <span lang="en">{one.keptUntil}</span> },
        { name: t('retention.age'), cell: ageOf },
        { name: t('retention.setting'), cell: (one) => one.setting && <code>{one.setting}</code> },
        { name: t('retention.earlier'), cell: (one) => one.removedEarlierBy.join(', ') },
      ]}
    />
  );
}

function What({ item }: { item: Item }) {
  const own = wordIfKnown('retained', item.kind);
  return (
    <>
      {own && <span>{own} </span>}
      <span class={own ? 'small' : undefined} lang="en">
        {item.what}
      </span>
    </>
  );
}
