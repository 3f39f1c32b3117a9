import { defineFindings } from '../../index.ts';
import { JOB_ENTRIES } from '../jobs/catalogue.ts';
import { POD_ENTRIES } from '../pods/catalogue.ts';

export const FINDINGS = defineFindings({
  ...JOB_ENTRIES,
  ScheduleMissed: {
    key: 'schedule',
    type: 'workload',
    severity: 'major',
    meaning:
      'A Job was due by the schedule more than `missedAfter` (and `spec.startingDeadlineSeconds`) ago, and none was started. Not while it is suspended or, with `concurrencyPolicy: Forbid`, a Job runs, and not of recorded objects.',
    remedy: 'See the Events of the CronJob, and whether the controller manager runs.',
  },
  ...POD_ENTRIES,
});
