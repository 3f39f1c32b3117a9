import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controllerContract, subjectOf, verdicts } from '../../../tests/controllers/contract.ts';
import { loadObjects } from '../../../tests/recorded/read.ts';
import controller from './index.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));

test('what it says of the recorded Pods', async () => {
  expect(await verdicts(subjectOf(controller), recorded)).toMatchInlineSnapshot(`
    {
      "crash-loop": "major CrashLoopBackOff (pod/app): Pod crash-loop: container app crashes again and again (exit code 2)",
      "crash-loop-running": "major CrashLoopBackOff (pod/app): Pod crash-loop-running: container app crashes again and again (exit code 1)",
      "ended-with-finalizer": "minor StuckTerminating (termination): Pod ended-with-finalizer does not terminate",
      "etcd-node-a": "major CrashLoopBackOff (pod/etcd): Pod etcd-node-a: container etcd crashes again and again (exit code 1)",
      "evicted": "minor Evicted (phase): Pod evicted was evicted by its node",
      "gated": "healthy",
      "healthy": "healthy",
      "invalid-image-name": "major ImagePullBackOff (pod/migrate): Pod invalid-image-name: container migrate cannot pull its image",
      "just-pending": "healthy, again in 180 s",
      "killed-for-memory": "major OOMKilled (pod/app): Pod killed-for-memory: container app was killed for memory",
      "killed-for-memory-again": "major OOMKilled (pod/app): Pod killed-for-memory-again: container app is killed for memory again and again",
      "missing-config": "major ContainerConfigError (pod/app): Pod missing-config: container app cannot be configured",
      "no-volume": "major StuckCreating (creation): Pod no-volume has a node, but its containers are not created",
      "one-shot-done": "healthy",
      "one-shot-failed": "major ContainerFailed (pod/script): Pod one-shot-failed: container script failed (exit code 3)",
      "past-deadline": "major PodFailed (phase): Pod past-deadline failed: DeadlineExceeded",
      "payments-7c9f-x2x4k": "undecided: PartOfReplicaSet",
      "restarted-once": "healthy",
      "restarts-weekly": "healthy",
      "slow-registry": "healthy, again in 60 s",
      "stuck-terminating": "minor StuckTerminating (termination): Pod stuck-terminating does not terminate",
      "terminating": "healthy, again in 570 s",
      "too-large": "major Unschedulable (scheduling): Pod too-large fits on no node",
      "was-killed-for-memory": "healthy",
      "wrong-command": "major ContainerStartError (pod/app): Pod wrong-command: container app cannot be started",
      "wrong-tag": "major ImagePullBackOff (pod/app): Pod wrong-tag: container app cannot pull its image",
    }
  `);
});

controllerContract(subjectOf(controller), recorded);
