import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  controllerContract,
  NOW,
  observed,
  stripped,
  subjectOf,
  verdicts,
} from '../../../tests/controllers/contract.ts';
import { loadObjects } from '../../../tests/recorded/read.ts';
import type { ObjectLike } from '../../index.ts';
import { statefulSets } from './index.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));

const MINUTE = 60_000;

test('what it says of the recorded objects', async () => {
  const controller = statefulSets();
  await verdicts(subjectOf(controller, {}, NOW - 10 * MINUTE), recorded);
  expect(await verdicts(subjectOf(controller), recorded)).toMatchInlineSnapshot(`
    {
      "just-made": "undecided: Held",
      "off": "healthy",
      "postgres": "healthy",
      "queue": "major ReplicasUnavailable (availability): StatefulSet queue: 1 of its 3 Pods is not ready",
      "refused": "critical NoReplicasAvailable (availability): StatefulSet refused: 2 of its 2 Pods are missing",
    }
  `);
});

describe('a Pod that is not there', () => {
  const postgres = recorded.filter(({ metadata: { name } }) => name.startsWith('postgres'));
  const replaced = postgres.filter(({ metadata: { name } }) => name !== 'postgres-0');
  const looks = (at: number, controller = statefulSets()) => ({
    controller,
    look: async (objects: readonly ObjectLike[], after = 0) => {
      const subject = subjectOf(controller, {}, at + after);
      const [set, ...pods] = stripped(controller as never, objects) as [ObjectLike, ...ObjectLike[]];
      return observed(subject, set, [set, ...pods]);
    },
  });

  test('counts from when it was first seen to be missing, whatever the age of the others', async () => {
    const { look } = looks(NOW);
    expect(await look(postgres)).toMatchObject({ findings: [] });
    expect(await look(replaced, MINUTE)).toEqual({ undecided: 'Held', again: 5 * MINUTE });
    expect(await look(postgres, 2 * MINUTE)).toMatchObject({ findings: [] });
    expect(await look(replaced, 3 * MINUTE)).toEqual({ undecided: 'Held', again: 5 * MINUTE });
    expect(await look(replaced, 8 * MINUTE)).toMatchObject({
      observedAt: new Date(NOW + 3 * MINUTE).toISOString(),
      findings: [{ reason: 'ReplicasUnavailable' }],
    });
  });

  test('of all Pods, as after a scale from 0, is no outage at once either', async () => {
    const { look } = looks(NOW);
    const [set] = postgres as [ObjectLike];
    expect(await look([set])).toMatchObject({ undecided: 'Held' });
    expect(await look([set], 5 * MINUTE)).toMatchObject({ findings: [{ reason: 'NoReplicasAvailable' }] });
  });

  test('of a recording says nothing', async () => {
    const said = await verdicts({ ...subjectOf(statefulSets()), live: false }, replaced);
    expect(said).toEqual({ postgres: 'healthy' });
  });
});

controllerContract(subjectOf(statefulSets()), recorded);
