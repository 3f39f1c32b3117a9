import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controllerContract, NOW, subjectOf, verdicts } from '../../../tests/controllers/contract.ts';
import { loadObjects } from '../../../tests/recorded/read.ts';
import { daemonSets } from './index.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));

test('what it says of the recorded objects', async () => {
  const controller = daemonSets();
  await verdicts(subjectOf(controller, {}, NOW - 600_000), recorded);
  expect(await verdicts(subjectOf(controller), recorded)).toMatchInlineSnapshot(`
    {
      "gpu": "healthy",
      "logs": "healthy",
      "network": [
        "major ReplicasUnavailable (availability): DaemonSet network: 1 of its 3 Pods is not ready, and 1 missing",
        "major OOMKilled (pod/agent): DaemonSet network: container agent is killed for memory again and again in 1 of its 2 Pods",
      ],
      "refused": "critical NoReplicasAvailable (availability): DaemonSet refused: 3 of its 3 Pods are missing",
    }
  `);
});

controllerContract(subjectOf(daemonSets()), recorded);
