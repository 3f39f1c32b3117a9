import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../testing/manual-clock.ts';
import { MemorySink } from '../testing/memory-sink.ts';
import { MemorySource } from '../testing/memory-source.ts';
import { createWorld } from '../testing/world.ts';
import { buildControllers } from './informers.ts';
import type { LoadedController } from './loader.ts';
import { silentLogger } from './logger.ts';
import { createRuntimeMetrics } from './metrics.ts';
import type { ClusterObject } from './object.ts';
import { type ControllerDefinition, defineController, type ObjectLike, type Read } from './plugin.ts';
import type { WatchRequest } from './source.ts';

type Some = Partial<ControllerDefinition<ObjectLike, unknown>>;

function widgets(some: Some = {}): ControllerDefinition<ObjectLike, unknown> {
  return defineController<ObjectLike, unknown>({
    apiVersion: 'controller/v1',
    watches: { apiVersion: 'example.com/v1', kind: 'Widget', fields: [] },
    order: 'state',
    onDelete: 'resolve',
    observe: ({ apiVersion, kind, metadata: { name, namespace = '' } }) => ({
      subject: { apiVersion, kind, namespace, name },
      findings: [],
    }),
    ...some,
  });
}

/** What the controllers ask the cluster for, by kind. */
async function requestsOf(...definitions: ControllerDefinition<ObjectLike, unknown>[]): Promise<WatchRequest[]> {
  return (await runInformers(definitions)).requests;
}

/** Also what is kept of these objects, by `kind name`. */
async function runInformers(
  definitions: readonly ControllerDefinition<ObjectLike, unknown>[],
  objects: readonly ClusterObject[] = [],
): Promise<{ requests: WatchRequest[]; kept: string[] }> {
  const requests: WatchRequest[] = [];
  const source = new MemorySource(objects);
  const { watch } = source;
  source.watch = (request, signal) => {
    requests.push(request);
    return watch.call(source, request, signal);
  };
  const controllers = definitions.map(
    (definition, index): LoadedController => ({
      ...{ name: `test-${index}`, use: './test.ts', definition, options: {}, namespaces: ['*'], labelSelector: '' },
      ...{ concurrency: 1, maxAgeMs: 1_000 },
    }),
  );
  const { informers } = buildControllers({
    ...{ controllers, source, namespaces: ['*'], clusterScopedNamespace: 'x', sink: new MemorySink() },
    ...{ logger: silentLogger, metrics: createRuntimeMetrics(), clock: new ManualClock(), random: () => 1 },
  });
  const stop = new AbortController();
  const running = informers.map((informer) => informer.run(stop.signal));
  await settle();
  const kept = informers.flatMap(({ kind, cache }) => [...cache.keys()].map((key) => `${kind} ${key}`));
  stop.abort();
  await Promise.all(running);
  return { requests, kept };
}

const pods = { apiVersion: 'v1', kind: 'Pod' };

describe('what a controller asks the cluster for', () => {
  it('are the objects that it selects', async () => {
    const watches = { ...pods, labelSelector: 'app=web', fieldSelector: 'status.phase!=Succeeded', fields: ['status'] };
    const nodes = { apiVersion: 'v1', kind: 'Node', fieldSelector: 'metadata.name=n1', labelSelector: 'zone' };
    const requests = await requestsOf(widgets({ watches, reads: [nodes] }));
    expect(requests).toMatchObject([
      { kind: 'Pod', labelSelector: 'app=web', fieldSelector: 'status.phase!=Succeeded', fields: ['status'] },
      { kind: 'Node', labelSelector: 'zone', fieldSelector: 'metadata.name=n1' },
    ]);
  });

  it.each<[string, Some, boolean]>([
    ['of a state without fields', {}, true],
    ['not of one that says nothing about fields', { watches: pods }, false],
    ['not of a run, whose end is in its status', { order: 'run' }, false],
    [
      'also with an index of labels',
      { watches: { ...pods, fields: [], indexes: { app: 'metadata.labels.app' } } },
      true,
    ],
    ['not with an index of a field', { watches: { ...pods, fields: [], indexes: { node: 'spec.nodeName' } } }, false],
  ])('is nothing but metadata %s', async (_, some, metadataOnly) => {
    const [request] = await requestsOf(widgets(some));
    expect(request?.metadataOnly === true).toBe(metadataOnly);
  });

  it('is nothing but metadata of what is read without fields, unless it is owned: how it ended counts', async () => {
    const reads = [
      { ...pods, fields: [] },
      { apiVersion: 'v1', kind: 'Step', fields: [], ownedByObject: true },
    ];
    const requests = await requestsOf(widgets({ reads }));
    expect(requests.map(({ kind, metadataOnly = false }) => [kind, metadataOnly])).toEqual([
      ['Widget', true],
      ['Pod', true],
      ['Step', false],
    ]);
  });

  it('is asked for once by two that want the same objects, with all that either needs', async () => {
    const other = widgets({ watches: { apiVersion: 'example.com/v1', kind: 'Widget', fields: ['spec.size'] } });
    expect(await requestsOf(widgets(), other)).toEqual([
      { apiVersions: ['example.com/v1'], kind: 'Widget', fields: ['spec.size'] },
    ]);
  });

  it('is asked for once by two that read what they own, whatever else they read, and holds what either owns', async () => {
    const step = { apiVersion: 'v1', kind: 'Step', ownedByObject: true };
    const gadgets = { apiVersion: 'example.com/v1', kind: 'Gadget', fields: [] };
    const owned = (owner: string): ClusterObject => ({
      ...{ apiVersion: 'v1', kind: 'Step' },
      metadata: {
        ...{ name: `of-${owner.toLowerCase()}`, namespace: 'shop' },
        ownerReferences: [{ apiVersion: 'example.com/v1', kind: owner, name: 'x', uid: 'u' }],
      },
    });
    const definitions = [widgets({ reads: [step, pods] }), widgets({ watches: gadgets, reads: [step] })];
    const { requests, kept } = await runInformers(definitions, ['Widget', 'Gadget', 'Stranger'].map(owned));
    expect(requests.map(({ kind }) => kind).filter((kind) => kind === 'Step')).toEqual(['Step']);
    expect(kept).toEqual(['Step shop/of-widget', 'Step shop/of-gadget']);
  });
});

it('is one watch of all Pods for who watches them and for all who read them', async () => {
  const reads = [{ ...pods, fields: ['status'] }];
  const requests = await requestsOf(
    widgets({ watches: { ...pods, fields: ['spec'] } }),
    widgets({ reads }),
    widgets({ reads }),
  );
  expect(requests.map(({ kind, fields }) => [kind, fields])).toEqual([
    ['Pod', ['spec', 'status']],
    ['Widget', []],
  ]);
});

describe('an index', () => {
  const indexes = { bySecret: 'spec.volumes.secret', byApp: 'metadata.labels.app' };
  const looked: string[] = [];
  const reader = (read: (read: Read) => Promise<readonly unknown[]>) =>
    widgets({
      reads: [{ ...pods, indexes }],
      async observe({ apiVersion, kind, metadata: { name, namespace = '' } }, reading) {
        looked.push(`${name}: ${(await read(reading)).length}`);
        return { subject: { apiVersion, kind, namespace, name }, findings: [] };
      },
    });
  const widget: ClusterObject = {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w', namespace: 'shop', uid: 'u' },
  };
  let version = 0;
  const pod = (name: string, secrets: string[], namespace = 'shop', labels = {}): ClusterObject =>
    ({
      ...pods,
      metadata: { name, namespace, uid: `${namespace}/${name}`, labels, resourceVersion: String(++version) },
      spec: { volumes: secrets.map((secret) => ({ secret })) },
    }) as ClusterObject;

  it('finds what was declared, without a word in fields, and looks again when another object comes or goes there', async () => {
    looked.length = 0;
    const definition = reader((read) => read.indexed('Pod', 'bySecret', 'tls'));
    const objects = [widget, pod('a', ['tls', 'other']), pod('b', ['other']), pod('c', ['tls'], 'bank')];
    await using world = createWorld(definition, { objects });
    await world.controller.settled;
    world.source.apply(pod('d', ['third']));
    await world.settle();
    world.source.apply(pod('b', ['tls']));
    await world.settle();
    world.source.apply(pod('a', []));
    await world.settle();
    expect(looked).toEqual(['w: 2', 'w: 3', 'w: 2']);
  });

  it('can be read in one namespace', async () => {
    looked.length = 0;
    const definition = reader((read) => read.indexed('Pod', 'bySecret', 'tls', { namespace: 'shop' }));
    await using world = createWorld(definition, { objects: [widget, pod('a', ['tls']), pod('c', ['tls'], 'bank')] });
    await world.controller.settled;
    expect(looked).toEqual(['w: 1']);
  });

  it('of a label answers a list by that label with the same objects', async () => {
    looked.length = 0;
    const labels = { app: 'web', tier: 'a' };
    const definition = reader((read) => read.list('Pod', { namespace: 'shop', labels }));
    const objects = [
      widget,
      pod('a', [], 'shop', labels),
      pod('b', [], 'shop', { app: 'web' }),
      pod('c', [], 'bank', labels),
    ];
    await using world = createWorld(definition, { objects });
    await world.controller.settled;
    world.source.apply(pod('b', [], 'shop', labels));
    await world.settle();
    expect(looked).toEqual(['w: 1', 'w: 2']);
  });

  it('that is not declared is named, with those that are', async () => {
    await using world = createWorld(
      reader((read) => read.indexed('Pod', 'byNode', 'n1')),
      { objects: [widget] },
    );
    await world.settle();
    const degraded = world.controller.status().conditions.find(({ type }) => type === 'Degraded');
    expect(degraded?.message).toContain(
      'observe() read the index byNode of Pod, which the plugin does not declare: add it to its indexes (bySecret, byApp)',
    );
  });
});

describe('the status of a controller', () => {
  it('says how many objects of each kind are kept and about what they take', async () => {
    const definition = widgets({ reads: [{ ...pods, fields: ['spec'] }] });
    const pod = (name: string, text: string): ClusterObject => ({
      ...pods,
      metadata: { name, namespace: 'shop', uid: name, resourceVersion: '1' },
      spec: { text },
    });
    await using world = createWorld(definition, { objects: [pod('a', 'x'.repeat(10_000)), pod('b', '')] });
    await world.settle();
    const [own, read] = world.controller.status().caches;
    expect(own).toEqual({ kind: 'Widget', objects: 0, bytes: 0 });
    expect(read).toMatchObject({ kind: 'Pod', objects: 2 });
    expect(read?.bytes).toBeGreaterThan(10_000);
    expect(read?.bytes).toBeLessThan(12_500);
  });
});
