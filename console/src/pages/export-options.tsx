// The last step of an export: its name, and when it runs.

import { t } from '../core/i18n.ts';
import type { StepProps } from './export-step.ts';
import { Text } from '../parts/form.tsx';
import { errorAt } from '../parts/problem.tsx';
import { ScheduleFields } from '../parts/schedule.tsx';

export function OptionsStep({ draft, change, problem }: StepProps) {
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
      <ScheduleFields schedule={draft.schedule} onSchedule={(schedule) => change({ schedule })} problem={problem} />
    </>
  );
}
