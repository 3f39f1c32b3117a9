import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../crds/meta.ts';
import type { Given, Key, ResourceModule } from '../../kube/index.ts';
import { openStore } from '../../store/open-store.ts';
import type { ResourceLog } from '../../store/resource-log.ts';
import type { SqlStore } from '../../store/sql-store.ts';
import { ownResource } from './definition.ts';
import { type Gadget, gadget, gadgets } from './testing/gadgets.ts';
import { ObjectWriter } from './writer.ts';

let store: SqlStore;
let log: ResourceLog;
let epoch: number;
let term: AbortController;
const refused: string[] = [];
const NOW = Date.parse('2026-11-21T07:33:45.678Z');

beforeAll(async () => {
  store = await openStore({ database: { embedded: 'memory' }, clusterId: 'folder:test' });
});
afterAll(() => store[Symbol.asyncDispose]());
beforeEach(async () => {
  log = store.resourceLog('gadgets');
  epoch = (await log.lead('test')) as number;
  await log.complete(epoch);
  term = new AbortController();
  refused.length = 0;
});
afterEach(async () => {
  await store.database.query('DELETE FROM objects');
});

function writer(): ObjectWriter {
  const module = gadgets() as unknown as ResourceModule;
  return new ObjectWriter({
    ...{ module, definition: ownResource(module, log), log, epoch, signal: term.signal, now: () => NOW },
    onRefused: (key, faults) => refused.push(`${key}: ${faults.join('; ')}`),
  });
}

const objects = async (): Promise<(KubernetesObject & Gadget)[]> =>
  (await log.snapshot()).objects as (KubernetesObject & Gadget)[];
const names = async (): Promise<string[]> => (await objects()).map(({ metadata }) => metadata.name);

describe('what a feed writes', () => {
  it('becomes an object with an identity, a time and a number', async () => {
    const labels = { app: 'shop' };
    expect(await writer().put([gadget('a', 'red', { labels })])).toBe(1);
    const { resourceVersion, objects } = await log.snapshot();
    expect(objects).toEqual([
      {
        apiVersion: 'faultline.dev/v1alpha1',
        kind: 'Gadget',
        metadata: {
          ...{ name: 'a', namespace: 'n', labels, generation: 1, creationTimestamp: '2026-11-21T07:33:45Z' },
          uid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
          resourceVersion: String(resourceVersion),
        },
        spec: { color: 'red' },
      },
    ]);
  });

  it('V7 is no change when it is what is stored, and keeps its resourceVersion', async () => {
    const labels = { a: '1', b: '2' };
    await writer().put([gadget('a', 'red', { labels })]);
    const before = await objects();
    expect(await writer().put([gadget('a', 'red', { labels: { b: '2', a: '1' } })])).toBe(0);
    expect(await objects()).toEqual(before);
  });

  it('keeps identity and time when it changes; its generation is that of the spec', async () => {
    await writer().put([gadget('a')]);
    const [before] = await objects();
    await writer().put([{ ...gadget('a'), status: { note: 'x' } }]);
    await writer().put([{ ...gadget('a', 'blue'), status: { note: 'x' } }]);
    const [after] = await objects();
    expect(after?.metadata).toEqual({
      ...before?.metadata,
      generation: 2,
      resourceVersion: String(Number(before?.metadata.resourceVersion) + 2),
    });
    const { changes } = await log.since(Number(before?.metadata.resourceVersion), 10);
    expect(changes.map(({ type, previous }) => [type, previous])).toEqual([
      ['MODIFIED', { labels: {}, fields: { 'spec.color': 'red' } }],
      ['MODIFIED', { labels: {}, fields: { 'spec.color': 'red' } }],
    ]);
  });

  it('has another uid when it was deleted in between', async () => {
    await writer().put([gadget('a')]);
    const [before] = await objects();
    expect(await writer().remove([{ namespace: 'n', name: 'a' }])).toBe(1);
    expect(await writer().remove([{ namespace: 'n', name: 'a' }])).toBe(0);
    await writer().put([gadget('a')]);
    const [after] = await objects();
    expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
  });

  it('may say when it was created, as a date too', async () => {
    const creationTimestamp = new Date('2026-01-02T03:04:05.678Z') as unknown as string;
    await writer().put([gadget('a', 'red', { creationTimestamp })]);
    expect((await objects())[0]?.metadata.creationTimestamp).toBe('2026-01-02T03:04:05Z');
  });
});

describe('everything at once', () => {
  it('replace deletes what is not among it, and completes', async () => {
    const fresh = writer();
    await fresh.put([gadget('a'), gadget('b')]);
    expect(await fresh.replace([gadget('b'), gadget('c'), gadget('c', 'blue')])).toBe(2);
    expect(await names()).toEqual(['b', 'c']);
    expect((await objects())[1]?.spec.color).toBe('blue');
    expect(await fresh.replace([])).toBe(2);
    expect(await names()).toEqual([]);
  });

  it('takes more objects than one transaction does', async () => {
    const many = Array.from({ length: 1_234 }, (_, index) => gadget(`g${index}`));
    expect(await writer().replace(many)).toBe(1_234);
    expect(await log.keys()).toHaveLength(1_234);
  });

  it('carries calls out one after the other, also when nobody waits in between', async () => {
    const one = writer();
    const colors = ['red', 'blue', 'red', 'green'];
    const all = await Promise.all(colors.map((color) => one.put([gadget('a', color)])));
    expect(all).toEqual([1, 1, 1, 1]);
    expect((await objects())[0]?.spec.color).toBe('green');
  });
});

const OWNER = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop', uid: 'u', controller: true };
const owned = (ownerReferences: unknown): Given<Gadget> =>
  gadget('a', 'red', { ownerReferences: ownerReferences as never });

function fail(): never {
  throw new Error('no');
}

function itself(): object {
  const object: Record<string, unknown> = { ...gadget('a') };
  object.spec = object;
  return object;
}

function nested(levels: number): object {
  let value = {};
  for (let level = 0; level < levels; level++) value = { value };
  return value;
}

describe('what is refused', () => {
  it.each<[string, unknown, string]>([
    ['a bad name', gadget('No_Name'), 'n/No_Name: metadata.name: "No_Name" is no name'],
    ['no namespace', { ...gadget('a'), metadata: { name: 'a' } }, '/a: metadata.namespace: undefined is no name'],
    ['a bad time', gadget('a', 'red', { creationTimestamp: 'soon' }), 'n/a: metadata.creationTimestamp: "soon"'],
    [
      'what the schema does not allow',
      { ...gadget('a'), spec: { size: 'x' } },
      'n/a: spec.color: is required; spec.size:',
    ],
    ['a missing part', { metadata: gadget('a').metadata }, 'n/a: spec: is required'],
    ['more than 1 MiB', gadget('a', 'x'.repeat(1_048_576)), 'n/a: it is larger than 1 MiB'],
    ['no metadata', { spec: { color: 'red' } }, '/: metadata.name: undefined is no name'],
    ['nothing', undefined, '/: it is no object'],
    ['null', null, '/: it is no object'],
    ['a list', [gadget('a')], '/: it is no object'],
    ['a function', () => gadget('a'), '/: it is no object'],
    ['a BigInt', { ...gadget('a'), spec: { color: 'red', size: 3n } }, 'n/a: it cannot be read as JSON:'],
    ['what contains itself', itself(), 'n/a: it cannot be read as JSON:'],
    [
      'what is nested too deeply',
      { ...gadget('a'), spec: nested(101) },
      'n/a: it cannot be read as JSON: more than 100',
    ],
    ['what is nested beyond the stack', { ...gadget('a'), spec: nested(100_000) }, 'n/a: it cannot be read as JSON:'],
    [
      'a key that PostgreSQL does not take',
      { ...gadget('a'), spec: { 'a\u0000': 1 } },
      'the key "a\\u0000" is no text',
    ],
    ['what throws', { ...gadget('a'), toJSON: () => fail() }, 'n/a: it cannot be read as JSON: no'],
    ['what throws when it is named', Object.defineProperty({}, 'metadata', { get: fail, enumerable: true }), '/: it'],
    ['metadata that is none', { metadata: 'x', spec: { color: 'red' } }, '/: metadata.name: undefined is no name'],
    ['a name that is none', gadget(Symbol('a') as unknown as string), 'n/: metadata.name: undefined is no name'],
    ['a padded name', gadget('web   '), 'n/web   : metadata.name: "web   " is no name'],
    ['a padded namespace', gadget('a', 'red', { namespace: 'n ' }), 'n /a: metadata.namespace: "n " is no name'],
    ['a colored name', gadget('\u001b[31mweb'), 'metadata.name: "\\u001b[31mweb" is no name'],
    [
      'a year that JSON times do not have',
      gadget('a', 'red', { creationTimestamp: '9999-12-31T23:59:59-01:00' }),
      'n/a: ',
    ],
    ['owners that are none', owned(['x', {}]), 'n/a: metadata.ownerReferences.0: must be of type object; '],
    ['an owner without an identity', owned([{ ...OWNER, uid: 3 }]), 'metadata.ownerReferences.0.uid: must be a string'],
    ['an owner that says more', owned([{ ...OWNER, controller: 'yes' }]), 'ownerReferences.0.controller: must be'],
    ['owners that are no list', owned(OWNER), 'metadata.ownerReferences: must be an array'],
    ['labels that are none', gadget('a', 'red', { labels: 'abc' as never }), 'n/a: metadata.labels: must be of type'],
    [
      'annotations that are none',
      gadget('a', 'red', { annotations: ['x'] as never }),
      'n/a: metadata.annotations: must',
    ],
  ])('%s is told, and the others are written', async (_, object, told) => {
    expect(await writer().replace([object as Given, gadget('good')])).toBe(1);
    expect(refused).toHaveLength(1);
    expect(refused[0]).toContain(told);
    expect(await names()).toEqual(['good']);
  });

  it('a padded name is another one, and never the object that it looks like', async () => {
    const one = writer();
    expect(await one.replace([gadget('a'), gadget('a ', 'blue'), gadget('web   ')])).toBe(1);
    expect(await objects()).toMatchObject([{ metadata: { name: 'a' }, spec: { color: 'red' } }]);
    expect(await one.replace([gadget('a'), gadget('a ', 'blue'), gadget('web   ')])).toBe(0);
    expect(await one.remove([{ namespace: 'n', name: 'a ' }])).toBe(0);
    expect(await names()).toEqual(['a']);
  });

  it('what cannot be stored is not deleted either, and what is named twice is deleted once', async () => {
    await writer().put([gadget('a')]);
    const { resourceVersion } = await log.snapshot();
    const strange = [null, { namespace: 'n', name: 'a\u0000' }, { namespace: 'n' }] as unknown as Key[];
    const a = { namespace: 'n', name: 'a' };
    expect(await writer().remove([...strange, a, a])).toBe(1);
    expect((await log.since(resourceVersion, 10)).changes).toHaveLength(1);
  });

  it('leaves the object as it was, in replace too', async () => {
    await writer().put([gadget('a')]);
    await writer().replace([{ ...gadget('a'), spec: {} } as Given<Gadget>]);
    expect((await objects())[0]?.spec.color).toBe('red');
  });

  it('metadata is what an object may say of itself, and nothing that a server or a client would act on', async () => {
    const more = { finalizers: ['x'], generateName: 'g', deletionTimestamp: 'soon', managedFields: 3, selfLink: {} };
    const { metadata, ...rest } = owned([OWNER]);
    await writer().put([{ metadata: { ...metadata, ...more, labels: null as never }, ...rest }]);
    const [stored] = await objects();
    expect(Object.keys(stored?.metadata ?? {}).sort()).toEqual([
      'creationTimestamp',
      'generation',
      'name',
      'namespace',
      'ownerReferences',
      'resourceVersion',
      'uid',
    ]);
    expect(stored?.metadata.ownerReferences).toEqual([OWNER]);
  });

  it('L5 a label that Kubernetes would refuse is left out', async () => {
    const labels = { ok: 'yes', 'bad key': 'x', bad: 'a value', number: 5 as unknown as string };
    await writer().put([gadget('a', 'red', { labels })]);
    expect((await objects())[0]?.metadata.labels).toEqual({ ok: 'yes' });
  });

  it('text that would be executed by a terminal, or that PostgreSQL does not take, is cleaned', async () => {
    await writer().put([gadget('a', 'r\u001b[31me\u0000d\ud800\u202e')]);
    expect((await objects())[0]?.spec.color).toBe('red\ufffd');
  });
});

describe('the end of a term', () => {
  it('nothing is written after it', async () => {
    const one = writer();
    term.abort();
    await expect(one.put([gadget('a')])).rejects.toThrow('aborted');
    expect(await names()).toEqual([]);
  });

  it('another replica that writes now fences this one', async () => {
    const one = writer();
    await log.lead('another');
    await expect(one.put([gadget('a')])).rejects.toThrow('another server writes gadgets now');
    expect(await names()).toEqual([]);
  });
});
