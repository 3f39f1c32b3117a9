import { expect, test } from 'vitest';
import type { GroupIndex } from '../store/group-index.ts';
import { indexChanged } from './index-issues.ts';

/** Every read takes 10 ms. Answers the pauses. */
async function pausesAfter(changes: number): Promise<number[]> {
  let now = 0;
  const pauses: number[] = [];
  const keys = Array.from({ length: changes }, (_, n) => ({ namespace: 'team-a', name: `issue-${n}` }));
  const index: Pick<GroupIndex, 'changed' | 'read' | 'write'> = {
    changed: async () => ({ keys, upTo: 1, more: false }),
    async read() {
      now += 10;
      return [];
    },
    write: async () => {},
  };
  const pace = { now: () => now, sleep: async (ms: number) => void pauses.push(ms) };
  expect(await indexChanged(index as GroupIndex, 0, pace)).toEqual({ upTo: 1, more: false, looked: changes });
  return pauses;
}

test('in a storm groups take a tenth of the time, and otherwise what they need', async () => {
  expect(await pausesAfter(500)).toEqual([]);
  expect(await pausesAfter(501)).toEqual(Array.from({ length: 11 }, () => 90));
});
