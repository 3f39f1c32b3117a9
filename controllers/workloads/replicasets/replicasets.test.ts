import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { controllerContract, NOW, observed, subjectOf, verdicts } from '../../../tests/controllers/contract.ts';
import { loadObjects } from '../../../tests/recorded/read.ts';
import type { ObjectLike } from '../../index.ts';
import replicaSets from '../replicaset/index.ts';
import replicationControllers from '../replicationcontroller/index.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));
const named = (kind: string, name: string) =>
  recorded.filter((object) => object.kind === kind && object.metadata.name === name) as [ObjectLike];

test('what it says of ReplicaSets that nobody stands behind', async () => {
  await verdicts(subjectOf(replicaSets, {}, NOW - 10 * 60_000), recorded);
  expect(await verdicts(subjectOf(replicaSets), recorded)).toMatchInlineSnapshot(`
    {
      "adopted": "healthy",
      "payments-5d8f7c9b6": "undecided: PartOfDeployment",
      "refused": [
        "critical NoReplicasAvailable (availability): ReplicaSet refused: 2 of its 2 Pods are missing",
        "major ReplicaFailure (replicas): ReplicaSet refused cannot create its Pods",
      ],
      "web": "healthy",
      "worker": [
        "major ReplicasUnavailable (availability): ReplicaSet worker: 1 of its 2 Pods is not ready",
        "major CrashLoopBackOff (pod/main): ReplicaSet worker: container main crashes again and again (exit code 2) in 1 of its 2 Pods",
      ],
    }
  `);
});

test('what it says of ReplicationControllers that nobody stands behind', async () => {
  expect(await verdicts(subjectOf(replicationControllers), recorded)).toMatchInlineSnapshot(`
    {
      "frontend-3": "undecided: PartOfDeploymentConfig",
      "old": [
        "critical NoReplicasAvailable (availability): ReplicationController old: its Pod is not ready",
        "major Unschedulable (scheduling): ReplicationController old: its Pod fits on no node",
      ],
    }
  `);
});

describe('creation that is refused', () => {
  const [set] = named('ReplicaSet', 'refused');

  test('is said in the words of the refusal, with the condition as evidence', async () => {
    const subject = { ...subjectOf(replicaSets), live: false };
    expect(await observed(subject, set, [set])).toMatchObject({
      findings: [
        {
          reason: 'ReplicaFailure',
          description: 'pods "refused-" is forbidden: exceeded quota: small',
          evidence: { conditions: [{ type: 'ReplicaFailure', status: 'True' }] },
        },
      ],
    });
  });

  test('for a moment is nothing', async () => {
    const soon = { ...subjectOf(replicaSets, {}, Date.parse('2026-11-20T23:01:00Z')), live: false };
    expect(await observed(soon, set, [set])).toMatchObject({ findings: [], again: 65_000 });
  });
});

describe.each([replicaSets, replicationControllers])('$watches.kind', (controller) => {
  controllerContract(subjectOf(controller), recorded);
});
