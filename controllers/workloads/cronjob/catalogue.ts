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
      'A Job was due by the schedule more than `missedAfter` ago, and none was started. Not while it is suspended, and not of recorded objects.',
    remedy:
      'With `concurrencyPolicy: Forbid` a Job that still runs holds the next one up; else see the Events of the CronJob.',
  },
  ...POD_ENTRIES,
});
