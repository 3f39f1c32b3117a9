import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controllerContract, subjectOf, verdicts } from '../../../tests/controllers/contract.ts';
import { loadObjects } from '../../../tests/recorded/read.ts';
import controller from './index.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));

test('what it says of the recorded objects', async () => {
  expect(await verdicts(subjectOf(controller), recorded)).toMatchInlineSnapshot(`
    {
      "at-maximum": "minor AtMaximum (limit): HorizontalPodAutoscaler at-maximum is at its maximum of 10 replicas and wants more",
      "healthy": "healthy",
      "no-metrics": "major NoMetrics (metrics): HorizontalPodAutoscaler no-metrics has no metrics",
      "no-target": "major CannotScale (scale): HorizontalPodAutoscaler no-target cannot scale its target",
      "starting": "healthy, again in 480 s",
      "switched-off": "healthy",
    }
  `);
});

controllerContract(subjectOf(controller), recorded);
