import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controllerContract, subjectOf, verdicts } from '../../../tests/controllers/contract.ts';
import { loadObjects } from '../../../tests/recorded/read.ts';
import controller from './index.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));

test('what it says of the recorded objects', async () => {
  expect(await verdicts(subjectOf(controller), recorded)).toMatchInlineSnapshot(`
    {
      "done": "healthy",
      "failed-somehow": "major JobFailed (job): Job failed-somehow failed",
      "migrate": "major BackoffLimitExceeded (job): Job migrate failed and used up its retries",
      "nightly-29384756": "undecided: PartOfCronJob",
      "no-image": "major ImagePullBackOff (pod/work): Job no-image: container work cannot pull its image in its Pod",
      "retrying": "healthy",
      "too-slow": "major DeadlineExceeded (job): Job too-slow did not finish in time",
    }
  `);
});

controllerContract(subjectOf(controller), recorded);
