// What runs did not send of a person: profiles with their reasons, and values.

import type { Schemas } from '../core/api.ts';
import { moment, t, word } from '../core/i18n.ts';
import { to } from '../core/router.ts';
import { saidOf } from '../core/said.ts';
import { PersonLink } from './person-link.tsx';
import { Said } from './problem.tsx';
import { Table } from './table.tsx';

export function PersonRejections({ rows }: { rows: Schemas['PersonRejectionView'][] }) {
  if (!rows.length) return null;
  return (
    <Table
      caption={t('people.rejections')}
      rows={rows}
      keyOf={(one) => `${one.runId} ${one.position}`}
      columns={[
        { name: t('people.run'), cell: (one) => <a href={to('runs', one.runId)}>{moment(one.endUtc)}</a> },
        { name: t('rejections.outcome'), cell: (one) => word('count', one.outcome) },
        {
          name: t('rejections.why'),
          cell: (one) => <Said said={saidOf('rejection', one)} />,
        },
        { name: t('matching.email'), cell: (one) => one.email },
        { name: t('rejections.customer'), cell: (one) => <PersonLink name={one.customerId} /> },
        { name: t('rejections.winner'), cell: (one) => <PersonLink name={one.winner ?? ''} /> },
      ]}
    />
  );
}

export function PersonValues({ rows }: { rows: Schemas['PersonProblemView'][] }) {
  if (!rows.length) return null;
  return (
    <Table
      caption={t('values.title')}
      rows={rows}
      keyOf={(one, index) => `${one.runId} ${index}`}
      columns={[
        { name: t('people.run'), cell: (one) => <a href={to('runs', one.runId)}>{moment(one.endUtc)}</a> },
        { name: t('values.field'), cell: (one) => `${one.field} → ${one.key}` },
        { name: t('values.why'), cell: (one) => word('valueProblem', one.code) },
        { name: t('values.value'), cell: (one) => one.value },
        { name: t('test.sent'), cell: (one) => one.sent ?? '–' },
      ]}
    />
  );
}
