import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controllerContract, subjectOf, verdicts } from '../../../tests/controllers/contract.ts';
import { loadObjects } from '../../../tests/recorded/read.ts';
import controller from './index.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));

test('what it says of the recorded objects', async () => {
  expect(await verdicts(subjectOf(controller), recorded)).toMatchInlineSnapshot(`
    {
      "just-made": "healthy, again in 240 s",
      "off": "healthy",
      "postgres": "healthy",
      "queue": "major ReplicasUnavailable (availability): StatefulSet queue: 1 of its 3 Pods is not ready",
      "refused": "critical NoReplicasAvailable (availability): StatefulSet refused: 2 of its 2 Pods are missing",
    }
  `);
});

controllerContract(subjectOf(controller), recorded);
