import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ObjectCache } from './cache.ts';
import { type ClusterObject, objectKey } from './object.ts';

interface Widget {
  readonly name: string;
  readonly namespace: string;
  readonly owner?: string;
  readonly label?: string;
  readonly secrets: readonly string[];
}

const SECRET = 'spec.volumes.secret';
const LABEL = 'metadata.labels.app.kubernetes.io/name';
let version = 0;

function widget({ name, namespace, owner, label, secrets }: Widget): ClusterObject {
  return {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: {
      name,
      namespace,
      resourceVersion: String(++version),
      ...(label !== undefined && { labels: { 'app.kubernetes.io/name': label } }),
      ...(owner !== undefined && {
        ownerReferences: [{ apiVersion: 'example.com/v1', kind: 'Owner', name: owner, uid: owner }],
      }),
    },
    spec: { volumes: secrets.map((secret) => ({ secret })) },
  } as ClusterObject;
}

const names = (objects: readonly ClusterObject[] | undefined): string[] | undefined => objects?.map(objectKey);

describe('a cache', () => {
  it('finds objects by a declared path, through lists and with a dotted label', () => {
    const cache = new ObjectCache([SECRET, LABEL]);
    cache.apply('', widget({ name: 'a', namespace: 'shop', label: 'web', secrets: ['s1', 's2', 's1'] }), true);
    cache.apply('', widget({ name: 'b', namespace: 'shop', secrets: ['s2'] }), true);
    expect(names(cache.indexed(SECRET, 's2'))).toEqual(['shop/a', 'shop/b']);
    expect(names(cache.indexed(SECRET, 's1'))).toEqual(['shop/a']);
    expect(names(cache.indexed(LABEL, 'web'))).toEqual(['shop/a']);
    expect(cache.indexed('spec.other', 'x')).toBeUndefined();
    cache.apply('', widget({ name: 'a', namespace: 'shop', secrets: ['s3'] }), false);
    expect(names(cache.indexed(SECRET, 's1'))).toEqual([]);
    expect(names(cache.indexed(LABEL, 'web'))).toEqual([]);
  });

  const some = fc.record(
    {
      name: fc.constantFrom('a', 'b', 'c'),
      namespace: fc.constantFrom('shop', 'bank'),
      owner: fc.constantFrom('u1', 'u2'),
      label: fc.constantFrom('web', 'db'),
      secrets: fc.array(fc.constantFrom('s1', 's2', 's3'), { maxLength: 3 }),
    },
    { requiredKeys: ['name', 'namespace', 'secrets'] },
  );
  const action = fc.oneof(
    fc.record({ type: fc.constant('apply' as const), widget: some }),
    fc.record({ type: fc.constant('delete' as const), widget: some }),
    fc.record({
      type: fc.constant('list' as const),
      widgets: fc.uniqueArray(some, { maxLength: 4, selector: (one) => `${one.namespace}/${one.name}` }),
    }),
  );

  it('finds by every index what looking at all objects finds, after any changes', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 25 }), (actions) => {
        const cache = new ObjectCache([SECRET, LABEL]);
        const model = new Map<string, Widget>();
        for (const each of actions) {
          if (each.type === 'list') {
            cache.beginList('');
            model.clear();
            for (const one of each.widgets) {
              cache.apply('', widget(one), true);
              model.set(`${one.namespace}/${one.name}`, one);
            }
            cache.endList('');
            continue;
          }
          const key = `${each.widget.namespace}/${each.widget.name}`;
          if (each.type === 'apply') {
            cache.apply('', widget(each.widget), false);
            model.set(key, each.widget);
          } else {
            cache.delete('', key);
            model.delete(key);
          }
        }
        const those = (accept: (one: Widget) => boolean): string[] =>
          [...model]
            .filter(([, one]) => accept(one))
            .map(([key]) => key)
            .sort();
        for (const secret of ['s1', 's2', 's3']) {
          expect(names(cache.indexed(SECRET, secret))).toEqual(those((one) => one.secrets.includes(secret)));
        }
        for (const label of ['web', 'db']) {
          expect(names(cache.indexed(LABEL, label))).toEqual(those((one) => one.label === label));
        }
        for (const owner of ['u1', 'u2'])
          expect(names(cache.ownedBy(owner))).toEqual(those((one) => one.owner === owner));
        for (const namespace of ['shop', 'bank']) {
          expect(names(cache.inNamespace(namespace))).toEqual(those((one) => one.namespace === namespace));
        }
        expect(cache.bytes > 0).toBe(model.size > 0);
        for (const key of model.keys()) cache.delete('', key);
        expect([cache.size, cache.bytes]).toEqual([0, 0]);
      }),
    );
  });
});
