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
