import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReadyObject } from '../ready-object.ts';
import { compareKeys, SortedObjects } from './sorted-objects.ts';

const ready = (namespace: string, name: string, resourceVersion: number): ReadyObject => ({
  namespace,
  name,
  resourceVersion,
  labels: {},
  fields: {},
  bytes: Buffer.alloc(0),
  metadataStart: 0,
  metadataEnd: 0,
  objectEnd: 0,
  ages: [],
});

describe('SortedObjects', () => {
  it('L7 stays sorted and equal to a map, whatever is set and deleted', () => {
    const step = fc.record({
      namespace: fc.constantFrom('', 'n', 'n-1', 'n.a', 'na', 'o'),
      name: fc.constantFrom('a', 'a-b', 'a.b', 'ab', 'b'),
      remove: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const sorted = new SortedObjects();
        const map = new Map<string, ReadyObject>();
        for (const [index, { namespace, name, remove }] of steps.entries()) {
          const key = `${namespace}/${name}`;
          const object = ready(namespace, name, index + 1);
          expect(remove ? sorted.delete(namespace, name) : sorted.set(object)).toBe(map.get(key));
          if (remove) map.delete(key);
          else map.set(key, object);
          expect(sorted.get(namespace, name)).toBe(map.get(key));
        }
        const expected = [...map.values()].sort(compareKeys);
        expect(sorted.slice()).toEqual(expected);
        expect(sorted.slice('n')).toEqual(expected.filter(({ namespace }) => namespace === 'n'));
        expect(sorted.size).toBe(expected.length);
      }),
    );
  });
});
