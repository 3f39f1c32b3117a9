import { expect, test } from 'vitest';
import { coverageOf, coversEverything, coversNamespace } from './source-coverage.ts';
import type { StoredSource } from './store.ts';

test.each([
  [['*'], 'team-a', true],
  [[], 'team-a', true],
  [['team-*'], 'team-a', true],
  [['team-*'], 'other', false],
  [['team-*', '!team-x'], 'team-x', false],
  [['!team-x'], 'team-a', true],
  [['!team-x'], 'team-x', false],
  [['team-?'], 'team-a', true],
  [['team-?'], 'team-ab', false],
  [['a.b'], 'axb', false],
])('%j covers %s: %s', (namespaces, namespace, covered) => {
  expect(coversNamespace(namespaces, namespace)).toBe(covered);
});

test.each([
  [['*'], true],
  [[], true],
  [['team-a', '*'], true],
  [['team-*'], false],
  [['*', '!team-x'], false],
])('%j covers everything: %s', (namespaces, everything) => {
  expect(coversEverything(namespaces)).toBe(everything);
});

const source = (changes: Partial<StoredSource>): StoredSource => ({
  ...{ name: 'a', class: 'run', manager: 'm', shard: '', epoch: 1, filter: { namespaces: ['*'], labelSelector: '' } },
  ...changes,
});

test('another label selector counts when all shards of class state have one, from the first of them', () => {
  const since = (selectorSince: number | undefined, changes: Partial<StoredSource> = {}) =>
    source({
      class: 'state',
      filter: { namespaces: ['*'], labelSelector: 'a=b', ...(selectorSince && { selectorSince }) },
      ...changes,
    });
  const found = (...shards: StoredSource[]) => coverageOf(shards)[0]?.selectorSince;
  expect(found(since(7), since(5, { shard: 'x' }))).toBe(5);
  expect(found(since(7), since(undefined, { shard: 'x' }))).toBeUndefined();
  expect(found(since(7), since(undefined, { shard: 'x', absentSince: 1 }))).toBe(7);
  expect(found(since(7, { class: 'run' }))).toBeUndefined();
});

test('a source is absent when all of its shards are, since the last of them', () => {
  const filter = { namespaces: ['team-a'], labelSelector: '' };
  const shards = [source({ absentSince: 5 }), source({ shard: 'x', absentSince: 9 }), source({ name: 'b', filter })];
  expect(coverageOf(shards)).toEqual([
    { source: 'a', filters: [], absentSince: 9 },
    { source: 'b', filters: [['team-a']] },
  ]);
  expect(coverageOf([source({ absentSince: 5 }), source({ shard: 'x' })])).toEqual([{ source: 'a', filters: [['*']] }]);
});
