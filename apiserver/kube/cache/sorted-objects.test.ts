import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReadyObject } from '../ready-object.ts';
import { indexAfter, SortedObjects } from './sorted-objects.ts';

const ready = (namespace: string, name: string, resourceVersion: number): ReadyObject => ({
  namespace,
  name,
  resourceVersion,
  labels: {},
  fields: {},
  bytes: Buffer.alloc(0),
  start: 0,
  metadataStart: 0,
  metadataEnd: 0,
  cellsStart: 0,
  end: 0,
  ages: [],
  packed: undefined,
  packedAt: 0,
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
        const expected = inOrder(map);
        expect(sorted.slice()).toEqual(expected);
        expect(sorted.slice('n')).toEqual(expected.filter(({ namespace }) => namespace === 'n'));
        expect(sorted.size).toBe(expected.length);
      }),
    );
  });

  it('what was given away never changes, and a copy goes its own way', () => {
    const sorted = new SortedObjects(['b', 'a', 'c'].map((name, index) => ready('n', name, index)));
    const all = sorted.slice();
    const own = sorted.slice('n');
    const copy = sorted.copy();
    sorted.set(ready('n', 'b', 9));
    sorted.set(ready('m', 'x', 9));
    copy.delete('n', 'a');
    sorted.delete('n', 'c');
    expect(shapeOf(all)).toEqual(['n/a 1', 'n/b 0', 'n/c 2']);
    expect(own).toEqual(all);
    expect(shapeOf(sorted.slice())).toEqual(['m/x 9', 'n/a 1', 'n/b 9']);
    expect(shapeOf(copy.slice())).toEqual(['n/b 0', 'n/c 2']);
    expect([sorted.size, copy.size]).toEqual([3, 2]);
  });

  it('L8 a page goes on after the last object that was seen, also when that one is gone', () => {
    const objects = new SortedObjects(['b', 'd', 'f'].map((name) => ready('n', name, 1))).slice();
    const behind = (namespace: string, name: string) => indexAfter(objects, { namespace, name });
    expect([behind('n', 'a'), behind('n', 'b'), behind('n', 'c'), behind('n', 'f'), behind('m', 'z')]).toEqual([
      0, 1, 1, 3, 0,
    ]);
  });
});

function inOrder(map: ReadonlyMap<string, ReadyObject>): ReadyObject[] {
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return [...map.values()].sort((a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name));
}

function shapeOf(objects: readonly ReadyObject[]): string[] {
  return objects.map(({ namespace, name, resourceVersion }) => `${namespace}/${name} ${resourceVersion}`);
}
