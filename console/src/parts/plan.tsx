// What a run would do to the people of a list: who comes, who stays, who goes, and which limits that reaches.

import type { Schemas } from '../core/api.ts';
import { duration, number, percent, t, word } from '../core/i18n.ts';
import { to } from '../core/router.ts';
import { Bar } from './bar.tsx';
import { Facts } from './page.tsx';

type Plan = Schemas['RunPlan'];
/** Those who stay first, those who go last. */
const PARTS = ['unchanged', 'changed', 'kept', 'new', 'leavers'] as const;

/** `action` is what happens to those who go. */
export function PlanFigures({ plan, action }: { plan: Plan; action: Schemas['LeaverAction'] }) {
  const whole = PARTS.reduce((sum, name) => sum + plan[name], 0);
  const now = plan.new + plan.changed + plan.unchanged;
  const before = plan.comparedWith;
  const people = { come: plan.new, go: plan.leavers, stay: whole - plan.new - plan.leavers };
  return (
    <>
      <Bar
        parts={PARTS.map((name) =>
          name === 'leavers'
            ? {
                name: `leaving-${action}`,
                label: word('leaving', action),
                value: plan.leavers,
                always: action !== 'keep',
              }
            : { name, label: word('plan', name), value: plan[name], always: name === 'new' },
        )}
        whole={whole}
        caption={t(action === 'flag' ? 'plan.captionFlag' : 'plan.caption', people)}
      />
      <Facts
        facts={[
          [t('plan.returning'), number(plan.returning)],
          [t('plan.effort'), t('plan.effortText', { calls: plan.calls, time: duration(plan.estimatedSeconds) })],
          [
            t('plan.comparedWith'),
            before ? (
              <a key="b" href={to('runs', before.runId)}>
                {t('plan.before', { n: before.selected, now })}
              </a>
            ) : (
              t('plan.noneBefore')
            ),
          ],
        ]}
      />
      <Limits limits={plan.limits} />
    </>
  );
}

function Limits({ limits }: { limits: Schemas['ReachedLimit'][] }) {
  if (!limits.length) return null;
  const shown = ({ limit, value }: Schemas['ReachedLimit']) =>
    limit.endsWith('Percent') ? percent(value / 100) : number(value);
  return (
    <div class="note warn">
      <p class="strong">{t('plan.limits')}</p>
      <ul>
        {limits.map((one) => (
          <li key={one.limit}>
            {t(`limit.${one.limit}`, { value: shown(one), from: shown({ ...one, value: one.from }) })}
          </li>
        ))}
      </ul>
    </div>
  );
}
