// The runs that wait for somebody's approval, where people look first.

import { api } from '../core/api.ts';
import { useLoad } from '../core/hooks.ts';
import { moment, t } from '../core/i18n.ts';
import { to } from '../core/router.ts';
import { ProblemNote } from '../parts/problem.tsx';

/** More than this are in the list of runs. */
const SHOWN_MAX = 5;

export function WaitingRuns() {
  const loaded = useLoad(() => api('get', '/runs', { query: { status: 'awaitingApproval', limit: SHOWN_MAX } }), []);
  if (!loaded.data) return <ProblemNote problem={loaded.problem} retry={loaded.reload} />;
  const { items, nextCursor } = loaded.data;
  if (!items.length) return null;
  return (
    <div class="note warn">
      <p class="strong">{t('runs.waiting')}</p>
      <ul>
        {items.map((run) => (
          <li key={run.runId}>
            <a href={to('runs', run.runId)}>{run.exportName}</a>, {moment(run.submittedUtc)}
          </li>
        ))}
      </ul>
      {nextCursor && (
        <p>
          <a href={`${to('runs')}?status=awaitingApproval`}>{t('runs.allWaiting')}</a>
        </p>
      )}
    </div>
  );
}
