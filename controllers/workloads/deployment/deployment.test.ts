import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controllerContract, subjectOf, verdicts } from '../../../tests/controllers/contract.ts';
import { loadObjects } from '../../../tests/recorded/read.ts';
import controller from './index.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));

test('what it says of the recorded objects', async () => {
  expect(await verdicts(subjectOf(controller), recorded)).toMatchInlineSnapshot(`
    {
      "degraded": "major ReplicasUnavailable (availability): Deployment degraded has fewer available replicas than it needs (it wants 4)",
      "down": "critical NoReplicasAvailable (availability): Deployment down has no available replica (it wants 2)",
      "hangs": "minor ReplicasUnavailable (availability): Deployment hangs: 2 of its 8 Pods are not ready",
      "hangs-in-rollout": "healthy",
      "healthy": "healthy",
      "just-down": "healthy, again in 240 s",
      "not-seen-yet": "undecided: StatusOutdated",
      "over-quota": "major ReplicaFailure (replicas): Deployment over-quota cannot create its Pods",
      "payments": [
        "major ProgressDeadlineExceeded (rollout): The rollout of Deployment payments is stuck",
        "major CrashLoopBackOff (pod/app): Deployment payments: container app crashes again and again (exit code 1) in all of its 2 Pods",
        "major ImagePullBackOff (pod/proxy): Deployment payments: container proxy cannot pull its image in 1 of its 2 Pods",
      ],
      "rolling-out": "healthy",
      "scaled-to-zero": "healthy",
    }
  `);
});

controllerContract(subjectOf(controller), recorded);
