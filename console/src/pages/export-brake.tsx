// When a run waits for a person: how many people may leave or come without somebody's approval.

import type { Schemas } from '../core/api.ts';
import type { Sync } from '../core/draft.ts';
import { t, word } from '../core/i18n.ts';
import { Check, Radios, Text } from '../parts/form.tsx';
import { errorAt } from '../parts/problem.tsx';

type Brake = Sync['brake'];
type Limit = Schemas['BrakeLimit'];
const HOLDS = ['removals', 'run'] as const;
const APPROVERS = ['secondPerson', 'anyEditor'] as const;
/** Proposed when a limit is switched on. */
const PROPOSED: Record<'removals' | 'additions', Limit> = {
  removals: { count: 500, percent: 15 },
  additions: { count: 10_000, percent: 50 },
};

interface Props {
  brake: Brake;
  set(part: Partial<Brake>): void;
  problem: Schemas['Problem'] | null;
  /** Whether a run would wait today, where it is known. */
  now: string | null;
}

export function BrakeFields({ brake, set, problem, now }: Props) {
  const limit = (name: 'removals' | 'additions') => (
    <LimitFields
      name={name}
      limit={brake[name] ?? null}
      onLimit={(changed) => set({ [name]: changed })}
      error={errorAt(problem, `/sync/brake/${name}`)}
    />
  );
  return (
    <fieldset>
      <legend>{t('sync.brake')}</legend>
      <p class="hint">{t('brake.text')}</p>
      {limit('removals')}
      {brake.removals === null && <p class="note warn">{t('brake.noLimit')}</p>}
      {limit('additions')}
      {now && <p class="strong">{now}</p>}
      <Radios
        legend={t('brake.hold')}
        value={brake.hold}
        onInput={(hold) => set({ hold: hold as Brake['hold'] })}
        choices={HOLDS.map((one) => [one, word('hold', one), t(`holdHint.${one}`)])}
      />
      <Radios
        legend={t('brake.approver')}
        value={brake.approver}
        onInput={(approver) => set({ approver: approver as Brake['approver'] })}
        choices={APPROVERS.map((one) => [one, word('approver', one), t(`approverHint.${one}`)])}
      />
    </fieldset>
  );
}

interface LimitProps {
  name: 'removals' | 'additions';
  limit: Limit | null;
  onLimit(limit: Limit | null): void;
  error: string | undefined;
}

function LimitFields({ name, limit, onLimit, error }: LimitProps) {
  const number = (of: keyof Limit, max: number) => (
    <Text
      label={t(`brake.${of}`)}
      type="number"
      min={1}
      max={max}
      required
      value={String(limit?.[of] || '')}
      error={of === 'count' ? error : undefined}
      onInput={(text) => limit && onLimit({ ...limit, [of]: Math.trunc(Number(text)) })}
    />
  );
  return (
    <div class="target">
      <Check
        label={t(`brake.${name}`)}
        checked={limit !== null}
        onInput={(on) => onLimit(on ? PROPOSED[name] : null)}
      />
      {limit && (
        <div class="pair">
          {number('count', 1_000_000_000)}
          {number('percent', 100)}
        </div>
      )}
    </div>
  );
}
