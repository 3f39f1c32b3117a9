import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Dependencies } from './dependencies.ts';
import type { ClusterObject } from './object.ts';

const uids = ['u1', 'u2', 'u3'];
const owned = (uid: string): ClusterObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'w', ownerReferences: [{ apiVersion: 'v1', kind: 'Owner', name: uid, uid }] },
});
const dependents = (dependencies: Dependencies, uid: string): string[] => {
  const keys = new Set<string>();
  dependencies.collect('Widget', owned(uid), [], keys);
  return [...keys].sort();
};

it('whoever read something last depends on it, and nobody else, after any looks', () => {
  const look = fc.record({
    key: fc.constantFrom('a/1', 'a/2', 'b/1'),
    reads: fc.uniqueArray(fc.constantFrom(...uids)),
    ends: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(look, { maxLength: 30 }), (looks) => {
      const dependencies = new Dependencies();
      const model = new Map<string, Set<string>>();
      for (const { key, reads, ends } of looks) {
        const entries = reads.map((uid) => Dependencies.owned(uid));
        for (const entry of entries) dependencies.add(key, entry);
        // A look that fails keeps what it and the look before it have read.
        if (ends) dependencies.replace(key, new Set(entries));
        const before = ends ? [] : (model.get(key) ?? []);
        model.set(key, new Set([...before, ...reads]));
      }
      for (const uid of uids) {
        const expected = [...model].filter(([, read]) => read.has(uid)).map(([key]) => key);
        expect(dependents(dependencies, uid)).toEqual(expected.sort());
      }
    }),
  );
});
