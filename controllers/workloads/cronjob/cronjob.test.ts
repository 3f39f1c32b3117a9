import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controllerContract, subjectOf, verdicts } from '../../../tests/controllers/contract.ts';
import { loadObjects } from '../../../tests/recorded/read.ts';
import controller from './index.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));

test('what it says of the recorded objects', async () => {
  expect(await verdicts(subjectOf(controller), recorded)).toMatchInlineSnapshot(`
    {
      "backup": "major BackoffLimitExceeded (job): The last Job of CronJob backup failed and used up its retries",
      "berlin": "healthy, again in 900 s",
      "cleaned-up": "undecided: JobGone",
      "cleaned-up-running": "undecided: JobGone",
      "cleaned-up-well": "healthy, again in 900 s",
      "healthy": "healthy, again in 900 s",
      "may-be-late": "healthy, again in 3600 s",
      "never-started": "major ScheduleMissed (schedule): CronJob never-started missed its schedule",
      "overrun": "major Unschedulable (scheduling): CronJob overrun: its Pod fits on no node",
      "overrun-ended": "healthy, again in 840 s",
      "recovered": "healthy, again in 900 s",
      "suspended": "healthy",
    }
  `);
});

test('nothing recorded is late: nobody knows when it was recorded', async () => {
  const said = JSON.stringify(await verdicts({ ...subjectOf(controller), live: false }, recorded));
  expect(said).not.toContain('ScheduleMissed');
  expect(said).toContain('BackoffLimitExceeded');
});

controllerContract(subjectOf(controller), recorded);
