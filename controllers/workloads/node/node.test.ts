import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controllerContract, subjectOf, verdicts } from '../../../tests/controllers/contract.ts';
import { loadObjects } from '../../../tests/recorded/read.ts';
import controller from './index.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));

test('what it says of the recorded objects', async () => {
  expect(await verdicts(subjectOf(controller), recorded)).toMatchInlineSnapshot(`
    {
      "forgotten": "info Cordoned (cordoned): Node forgotten is cordoned",
      "full-disk": [
        "major DiskPressure (condition/DiskPressure): Node full-disk runs out of disk",
        "major NodeProblem (condition/KernelDeadlock): Node full-disk has the problem KernelDeadlock",
      ],
      "gone": "critical Unreachable (ready): Node gone does not answer",
      "healthy": "healthy",
      "in-maintenance": "healthy, again in 82800 s",
      "no-network-plugin": [
        "critical NotReady (ready): Node no-network-plugin is not ready",
        "major NetworkUnavailable (condition/NetworkUnavailable): Node no-network-plugin has no network",
      ],
      "registering": "undecided: NoConditions",
      "restarting": "healthy, again in 120 s",
    }
  `);
});

controllerContract(subjectOf(controller), recorded);
