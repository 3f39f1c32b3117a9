import { expect, test } from 'vitest';
import type { Relation } from '../../store/store.ts';
import { SharedRelations } from './shared-relations.ts';

const relation = (sourceId: string, targetId: string): Relation => ({
  id: 'r',
  sourceId,
  targetId,
  actor: 'ada',
  at: 0,
});

test('questions at one time are one, and each gets its own links', async () => {
  const asked: string[][] = [];
  const links = [relation('a', 'b'), relation('c', 'd')];
  const shared = new SharedRelations(async (ids) => {
    asked.push([...ids].sort());
    return links.filter(({ sourceId, targetId }) => ids.includes(sourceId) || ids.includes(targetId));
  });
  const [a, b, x, both] = await Promise.all([
    shared.of(['a']),
    shared.of(['b']),
    shared.of(['x']),
    shared.of(['b', 'd']),
  ]);
  expect([a, b, x, both]).toEqual([[links[0]], [links[0]], [], links]);
  expect(asked).toEqual([['a', 'b', 'd', 'x']]);
  expect(await shared.of([])).toEqual([]);
  expect(asked).toHaveLength(1);
});

test('a question that comes while another is answered is asked after it: it sees what was stored before it came', async () => {
  const first = Promise.withResolvers<Relation[]>();
  const asked: (readonly string[])[] = [];
  const shared = new SharedRelations((ids) => {
    asked.push(ids);
    return asked.length === 1 ? first.promise : Promise.resolve([relation('b', 'c')]);
  });
  const before = shared.of(['a']);
  await Promise.resolve();
  await Promise.resolve();
  const after = shared.of(['b']);
  expect(asked).toEqual([['a']]);
  first.resolve([]);
  expect(await before).toEqual([]);
  expect(await after).toHaveLength(1);
  expect(asked).toEqual([['a'], ['b']]);
});

test('a failure reaches those who asked, and nobody after them', async () => {
  let fails = true;
  const shared = new SharedRelations(async () => {
    if (fails) throw new Error('no database');
    return [];
  });
  const both = [shared.of(['a']), shared.of(['b'])];
  for (const each of both) await expect(each).rejects.toThrow('no database');
  fails = false;
  expect(await shared.of(['a'])).toEqual([]);
});
