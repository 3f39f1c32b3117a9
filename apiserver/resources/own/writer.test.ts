import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../crds/meta.ts';
import type { Given, ResourceModule } from '../../kube/index.ts';
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
    ['nothing', undefined, '/: '],
  ])('%s is told, and the others are written', async (_, object, told) => {
    expect(await writer().replace([object as Given, gadget('good')])).toBe(1);
    expect(refused).toHaveLength(1);
    expect(refused[0]).toContain(told);
    expect(await names()).toEqual(['good']);
  });

  it('leaves the object as it was, in replace too', async () => {
    await writer().put([gadget('a')]);
    await writer().replace([{ ...gadget('a'), spec: {} } as Given<Gadget>]);
    expect((await objects())[0]?.spec.color).toBe('red');
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
