import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clusterKinds } from './cluster-kinds.ts';
import { configuredKinds } from './configured-kinds.ts';

const resource = (name: string, kind: string, more = {}) => ({
  ...{ resource: name, responseKind: { kind }, scope: 'Namespaced', singularResource: kind.toLowerCase() },
  ...more,
});
const group = (name: string, ...versions: [string, object[]][]) => ({
  metadata: { name },
  versions: versions.map(([version, resources]) => ({ version, resources })),
});

/** As kube-apiserver publishes aggregated discovery: /api has the core group, whose name is empty. */
const LISTS: Record<string, object> = {
  '/api': {
    items: [
      group('', [
        'v1',
        [
          resource('pods', 'Pod', { shortNames: ['po'] }),
          resource('nodes', 'Node', { scope: 'Cluster', shortNames: ['no'] }),
          resource('events', 'Event'),
        ],
      ]),
    ],
  },
  '/apis': {
    items: [
      group('events.k8s.io', ['v1', [resource('events', 'Event')]]),
      group(
        'tekton.dev',
        ['v1', [resource('pipelineruns', 'PipelineRun', { shortNames: ['pr', 'prs'] })]],
        ['v1beta1', [resource('pipelineruns', 'PipelineRun'), resource('customruns', 'CustomRun')]],
      ),
    ],
  },
};

let server: Server;
let asked: string[];
let now = 0;
let broken = false;
beforeEach(async () => {
  asked = [];
  broken = false;
  server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.accept?.split(',')[0]} ${request.headers['x-token']}`);
    response.writeHead(broken ? 503 : 200).end(JSON.stringify(broken ? {} : LISTS[request.url ?? '']));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const kinds = () =>
  clusterKinds(
    {
      server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      name: 'test',
      headers: async () => ({ 'x-token': 'secret' }),
    },
    () => now,
  );
const POD = { group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true };

describe('the kinds of a cluster', () => {
  test.each([
    ['po', undefined, POD],
    ['PODS', undefined, POD],
    ['Pod', '', POD],
    ['no', undefined, { group: '', version: 'v1', resource: 'nodes', kind: 'Node', namespaced: false }],
    // The core API first, unless a group is named.
    ['events', undefined, { group: '', version: 'v1', resource: 'events' }],
    ['events', 'events.k8s.io', { group: 'events.k8s.io' }],
    // The version that the cluster prefers, and what only another one has.
    ['pr', undefined, { group: 'tekton.dev', version: 'v1', resource: 'pipelineruns' }],
    ['customrun', 'tekton.dev', { version: 'v1beta1' }],
    ['pods', 'tekton.dev', undefined],
    ['nothing', undefined, undefined],
  ])('are found by any of their names: %s of %s', async (kind, ofGroup, expected) => {
    await using known = kinds();
    const found = await known.resolve({ kind, name: 'x', ...(ofGroup !== undefined && { group: ofGroup }) });
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(expected);
  });

  test('are asked for once a minute, with the credentials of the connection, and again after a failure', async () => {
    await using known = kinds();
    broken = true;
    await expect(known.resolve({ kind: 'pod', name: 'x' })).rejects.toThrow(/503/);
    broken = false;
    for (const at of [1, 2, 59_000]) {
      now = at;
      await known.resolve({ kind: 'pod', name: 'x' });
    }
    expect(asked.slice(2).sort()).toEqual([
      '/api application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList secret',
      '/apis application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList secret',
    ]);
    now = 62_000;
    await known.resolve({ kind: 'pod', name: 'x' });
    expect(asked).toHaveLength(6);
  });
});

test('without a cluster the kinds are those of the controllers, and others are believed', async () => {
  const watches = { apiVersion: ['tekton.dev/v1', 'tekton.dev/v1beta1'], kind: 'PipelineRun' };
  const reads = ['Pod', 'Node'].map((kind) => ({ apiVersion: 'v1', kind }));
  const known = configuredKinds(() => [{ definition: { watches, reads } }] as never);
  const of = (kind: string, more = {}) => known.resolve({ kind, name: 'x', namespace: 'shop', ...more });
  expect(await of('pipelineruns')).toEqual({
    ...{ group: 'tekton.dev', version: 'v1', resource: 'pipelineruns', kind: 'PipelineRun', namespaced: true },
  });
  expect(await of('pod')).toMatchObject({ group: '', resource: 'pods' });
  expect(await of('node')).toMatchObject({ resource: 'nodes', namespaced: false });
  expect(await of('pod', { group: 'other.dev' })).toMatchObject({ group: 'other.dev', kind: 'pod' });
  expect(await of('Deployment')).toMatchObject({ group: '', resource: 'deployments', kind: 'Deployment' });
});
