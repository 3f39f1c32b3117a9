import { expect, test } from 'vitest';
import { FakeApiServer } from './index.ts';

/** What it promises beyond what the tests of the reflector use. */

interface Answer {
  readonly code: number;
  readonly body: { readonly [key: string]: unknown } & { items?: { metadata: { name: string } }[] };
}

async function ask(api: FakeApiServer, path: string): Promise<Answer> {
  const response = await fetch(`${api.url}${path}`);
  return { code: response.status, body: (await response.json()) as Answer['body'] };
}

test.each([
  ['apps/v1', 'Deployment', undefined, '/apis/apps/v1', 'deployments'],
  ['v1', 'Pod', undefined, '/api/v1', 'pods'],
  ['networking.k8s.io/v1', 'Ingress', 'ingresses', '/apis/networking.k8s.io/v1', 'ingresses'],
])('serves %s %s where an API server does', async (apiVersion, kind, plural, root, resource) => {
  await using api = await FakeApiServer.start({ apiVersion, kind, ...(plural !== undefined && { plural }) });
  api.apply({ metadata: { name: 'a', namespace: 'shop' }, spec: { replicas: 1 } });
  api.apply({ metadata: { name: 'b', namespace: 'other' } });
  expect((await ask(api, root)).body.resources).toContainEqual(expect.objectContaining({ name: resource, kind }));
  const { body } = await ask(api, `${root}/namespaces/shop/${resource}`);
  expect(body).toMatchObject({ apiVersion, kind: `${kind}List`, metadata: { resourceVersion: api.version } });
  expect(body.items).toMatchObject([
    { metadata: { name: 'a', namespace: 'shop', uid: 'uid-101', resourceVersion: '101' }, spec: { replicas: 1 } },
  ]);
  expect((await ask(api, `${root}/${resource}`)).body.items?.map(({ metadata }) => metadata.name)).toEqual(['b', 'a']);
  expect((await ask(api, '/apis/elsewhere.example.com/v1')).code).toBe(404);
  expect(api.requests[0]).toBe(`${root}?`);
});

test('pages are of one moment, and of none after a compaction', async () => {
  await using api = await FakeApiServer.start();
  for (const name of ['a', 'b', 'c']) api.put('shop', name, 1);
  const first = await ask(api, '/apis/example.com/v1/widgets?limit=2');
  api.delete('shop', 'c');
  const next = encodeURIComponent((first.body.metadata as { continue: string }).continue);
  const path = `/apis/example.com/v1/widgets?limit=2&continue=${next}`;
  expect((await ask(api, path)).body.items?.map(({ metadata }) => metadata.name)).toEqual(['c']);
  api.fault({ type: 'compact' });
  expect(await ask(api, path)).toMatchObject({ code: 410, body: { reason: 'Expired' } });
});

test('each fault hits once, in the order in which they were asked for', async () => {
  await using api = await FakeApiServer.start();
  api.fault({ type: 'status', on: 'list', code: 503 });
  api.fault({ type: 'status', on: 'list', code: 429, retryAfter: 1 });
  const codes = [];
  for (let request = 0; request < 3; request++) codes.push((await ask(api, '/apis/example.com/v1/widgets')).code);
  expect(codes).toEqual([503, 429, 200]);
});

test('several kinds are served beside each other, with one resourceVersion, and no other', async () => {
  const others = [{ apiVersion: 'v1', kind: 'Node', namespaced: false }];
  await using api = await FakeApiServer.start({ apiVersion: 'v1', kind: 'Pod', others });
  api.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'one', labels: { zone: 'a' } } });
  api.apply({ metadata: { name: 'a', namespace: 'shop' } });
  expect((await ask(api, '/api/v1')).body.resources).toMatchObject([
    ...[{ name: 'pods/status' }, { name: 'pods', namespaced: true }],
    ...[{ name: 'nodes/status' }, { name: 'nodes', namespaced: false }],
  ]);
  const versions = async (path: string) =>
    (await ask(api, path)).body.items?.map(({ metadata }) => [metadata.name, Reflect.get(metadata, 'resourceVersion')]);
  expect(await versions('/api/v1/nodes?labelSelector=zone%3Da')).toEqual([['one', '101']]);
  expect(await versions('/api/v1/nodes?labelSelector=zone%3Db')).toEqual([]);
  expect(await versions('/api/v1/pods?fieldSelector=metadata.namespace%3Dshop')).toEqual([['a', '102']]);
  api.delete('', 'one', { apiVersion: 'v1', kind: 'Node' });
  expect(await versions('/api/v1/nodes')).toEqual([]);
  const stranger = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a', namespace: 'shop' } };
  expect(() => api.apply(stranger)).toThrow('apps/v1 Deployment is not served');
});

test('a server that is down answers nobody until it is up', async () => {
  await using api = await FakeApiServer.start();
  api.fault({ type: 'down' });
  await expect(ask(api, '/apis/example.com/v1')).rejects.toThrow('fetch failed');
  api.fault({ type: 'up' });
  expect((await ask(api, '/apis/example.com/v1')).code).toBe(200);
});
