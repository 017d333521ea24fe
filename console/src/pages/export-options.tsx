// The last step of an export: its name, who comes back to the list, and when it runs.

import { t } from '../core/i18n.ts';
import type { StepProps } from './export-step.ts';
import { Radios, Text } from '../parts/form.tsx';
import { errorAt } from '../parts/problem.tsx';
import { ScheduleFields } from '../parts/schedule.tsx';

export function OptionsStep({ draft, change, problem }: StepProps) {
  const { resubscribe } = draft.options;
  return (
    <>
      <Text
        label={t('common.displayName')}
        value={draft.displayName}
        required
        maxLength={200}
        error={errorAt(problem, '/displayName')}
        onInput={(displayName) => change({ displayName })}
      />
      <Radios
        legend={t('options.left')}
        value={resubscribe ? 'yes' : 'no'}
        onInput={(value) => change({ options: { ...draft.options, resubscribe: value === 'yes' } })}
        choices={[
          ['no', t('options.stayOff'), t('options.stayOffHint')],
          ['yes', t('options.comeBack')],
        ]}
      />
      {resubscribe && <p class="note warn">{t('options.comeBackWarning')}</p>}
      <ScheduleFields schedule={draft.schedule} onSchedule={(schedule) => change({ schedule })} problem={problem} />
    </>
  );
}
