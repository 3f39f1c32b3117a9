import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isInShard, MAX_SHARDS, shardName, shardOf } from './shard.ts';

test('every namespace is in exactly one shard, whatever their number', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 2, max: MAX_SHARDS }), (namespace, count) => {
      const shards = Array.from({ length: count }, (_, index) => ({ index, count }));
      const holding = shards.filter((shard) => isInShard(namespace, shard));
      expect(holding).toEqual([{ index: shardOf(namespace, count), count }]);
    }),
  );
});

test('without sharding every namespace is inside', () => {
  expect(isInShard('team-a', undefined)).toBe(true);
});

test('a thousand namespaces spread over the shards', () => {
  const sizes = new Array<number>(8).fill(0);
  for (let n = 0; n < 1_000; n++) sizes[shardOf(`team-${n}`, 8)] = (sizes[shardOf(`team-${n}`, 8)] ?? 0) + 1;
  expect(Math.min(...sizes)).toBeGreaterThan(90);
  expect(Math.max(...sizes)).toBeLessThan(160);
});

test('the shard of a namespace never changes: replicas of two versions must agree', () => {
  expect(['', 'default', 'team-a', 'team-b'].map((name) => shardOf(name, 8))).toEqual([2, 1, 4, 2]);
  expect(shardName({ index: 3, count: 8 })).toBe('3-of-8');
});
