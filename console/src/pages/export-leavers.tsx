// What happens to people who leave the segments, each choice with what it means for them.

import type { Schemas } from '../core/api.ts';
import { flagFields, type Sync } from '../core/draft.ts';
import { duration, number, t, word } from '../core/i18n.ts';
import type { StepProps } from './export-step.ts';
import { Radios, Select, Text } from '../parts/form.tsx';
import { NewField } from '../parts/new-field.tsx';
import { errorAt } from '../parts/problem.tsx';

type Leavers = Schemas['Leavers'];
type Action = Schemas['LeaverAction'];
const ACTIONS: Action[] = ['keep', 'flag', 'delete', 'unsubscribe'];
/** Campaign Monitor flags a thousand people in a call, and removes one. */
const [FLAGGED_A_CALL, CALLS_A_SECOND] = [1000, 28];

interface Props extends StepProps {
  set(part: Partial<Sync>): void;
  /** How many leave now, where it is known. */
  people: number;
}

export function LeaversFields(props: Props) {
  const { draft, set, people } = props;
  const { leavers } = draft.sync;
  const pick = (action: Action) =>
    set({ leavers: action === 'flag' ? { action, in: t('leavers.yes'), out: t('leavers.no') } : { action } });
  const hint = (action: Action) =>
    [t(`leaversHint.${action}`), people > 0 && numbers(action, people)].filter(Boolean).join(' ');
  return (
    <>
      <Radios
        legend={t('sync.leavers')}
        error={errorAt(props.problem, '/sync/leavers')}
        value={leavers.action}
        onInput={(action) => pick(action as Action)}
        choices={ACTIONS.map((one) => [one, word('leavers', one), hint(one)])}
      />
      {leavers.action === 'flag' && <Flag {...props} leavers={leavers} />}
      {leavers.action === 'delete' && <p class="note warn">{t('leavers.deleteWarning')}</p>}
      {leavers.action === 'unsubscribe' && <p class="note warn">{t('leavers.unsubscribeWarning')}</p>}
      <p class="hint">{t('leavers.never')}</p>
    </>
  );
}

function numbers(action: Action, people: number): string {
  if (action === 'keep') return t('leavers.nowKept', { n: people });
  const calls = action === 'flag' ? Math.ceil(people / FLAGGED_A_CALL) : people;
  return t('leavers.now', { n: people, calls: number(calls), time: duration(Math.max(1, calls / CALLS_A_SECOND)) });
}

function Flag({ draft, set, list, reread, problem, leavers }: Props & { leavers: Leavers }) {
  const fields = list ? flagFields(list, draft.mapping) : [];
  // An export that was made by a program may name it as Campaign Monitor does, in brackets.
  const field = fields.find(({ key }) => key === leavers.key?.replace(/^\[|\]$/g, ''));
  const change = (part: Partial<Leavers>) => set({ leavers: { ...leavers, ...part } });
  const pick = (key: string) => {
    const [first, second] = fields.find((one) => one.key === key)?.options ?? [];
    change({ key, in: first ?? t('leavers.yes'), out: second ?? t('leavers.no') });
  };
  const value = (of: 'in' | 'out') => {
    const common = {
      label: t(`leavers.${of}`),
      value: leavers[of] ?? '',
      error: errorAt(problem, `/sync/leavers/${of}`),
    };
    const onInput = (text: string) => change({ [of]: text });
    return field?.options.length ? (
      <Select {...common} onInput={onInput} choices={field.options.map((one) => [one, one])} />
    ) : (
      <Text {...common} onInput={onInput} maxLength={250} required />
    );
  };
  return (
    <div class="target">
      <Select
        label={t('leavers.field')}
        hint={t('leavers.fieldHint')}
        value={field?.key ?? leavers.key ?? ''}
        onInput={pick}
        required
        error={errorAt(problem, '/sync/leavers/key')}
        choices={[
          ['', t('exports.choose')],
          ...fields.map((one): [string, string] => [one.key, one.name]),
          ...(leavers.key && !field ? [[leavers.key, leavers.key] as [string, string]] : []),
        ]}
      />
      <NewField
        connectionId={draft.connectionId}
        listId={draft.listId}
        title={t('leavers.new')}
        proposed={t('leavers.newName')}
        made={(key) => {
          reread();
          change({ key });
        }}
      />
      <div class="pair">
        {value('in')}
        {value('out')}
      </div>
      {leavers.in !== '' && leavers.in === leavers.out && <p class="error">{t('leavers.same')}</p>}
    </div>
  );
}
