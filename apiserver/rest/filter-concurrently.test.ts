import { expect, test } from 'vitest';
import { filterConcurrently } from './filter-concurrently.ts';

test('what passes is answered in its order, whoever is answered first, and never more are asked at one time', async () => {
  const waiting = new Map<number, (passes: boolean) => void>();
  const answer = filterConcurrently([1, 2, 3, 4], (item) => new Promise((resolve) => waiting.set(item, resolve)), 2);
  expect([...waiting.keys()]).toEqual([1, 2]);
  waiting.get(2)?.(true);
  await expect.poll(() => [...waiting.keys()]).toEqual([1, 2, 3]);
  waiting.get(3)?.(false);
  await expect.poll(() => waiting.size).toBe(4);
  waiting.get(4)?.(true);
  waiting.get(1)?.(true);
  expect(await answer).toEqual([1, 2, 4]);
});

test('after an error nothing more is asked', async () => {
  const asked: number[] = [];
  const passes = async (item: number): Promise<boolean> => {
    asked.push(item);
    throw new Error('nobody can say');
  };
  await expect(filterConcurrently([1, 2, 3, 4, 5], passes, 2)).rejects.toThrow('nobody can say');
  expect(asked).toEqual([1, 2]);
});
