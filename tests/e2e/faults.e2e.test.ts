import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send } from '../controlplane/api-request.ts';
import { embedded, type Installation, install } from './installation.ts';
import { at, buildRun, createRun } from './pipelineruns.ts';

/** What stays true when a part is killed, gone or fed nonsense. Each test leaves everything running again. */
let faultline: Installation;
let token: string;
beforeAll(async () => {
  faultline = await install({ namespaces: ['kill', 'database', 'cluster', 'nonsense', 'replicas'] });
  token = await adminToken();
});
afterAll(async () => faultline?.[Symbol.asyncDispose]());

const fail = (namespace: string, component: string, seconds = 0): Promise<void> =>
  createRun(faultline.plane, { name: `${component}-1`, namespace, component }, { succeeded: false, at: at(seconds) });
const components = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);
const lines = async (log: string): Promise<number> =>
  (await readFile(join(faultline.dir, log), 'utf8')).split('\n').length;

test('kill -9 of the server loses nothing that was reported, and nothing that happened meanwhile', async () => {
  for (const component of components('before', 20)) await fail('kill', component);
  const before = await faultline.until('kill', (issues) => issues.length === 20);

  await faultline.stopServer('SIGKILL');
  for (const component of components('meanwhile', 20)) await fail('kill', component);
  await faultline.startServer();

  const after = await faultline.until('kill', (issues) => issues.length === 40, 60_000);
  const uids = new Map(after.map(({ metadata }) => [metadata.name, metadata.uid]));
  for (const { metadata } of before) expect(uids.get(metadata.name)).toBe(metadata.uid);
});

test('kill -9 of the controllers loses nothing: what happened meanwhile is seen by the next', async () => {
  await faultline.stopControllers('SIGKILL');
  for (const component of components('unseen', 10)) await fail('kill', component);
  await faultline.startControllers();
  await faultline.until(
    'kill',
    (issues) => issues.filter(({ spec }) => spec.subject.name.startsWith('unseen')).length === 10,
    60_000,
  );
});

describe.skipIf(embedded)('while the database is gone (PostgreSQL only: PGlite is part of the server)', () => {
  test('X3 discovery and OpenAPI answer, data calls say 503 with Retry-After, and everything arrives afterwards', async () => {
    const { plane, postgres } = faultline;
    await fail('database', 'known');
    await faultline.until('database', (issues) => issues.length === 1);
    await postgres?.stop();

    for (const path of ['/apis/faultline.dev/v1alpha1', '/openapi/v3/apis/faultline.dev/v1alpha1']) {
      expect((await plane.request(path)).status, path).toBe(200);
    }
    const list = await plane.request('/apis/faultline.dev/v1alpha1/issues', { timeoutMs: 20_000 });
    expect(list.status).toBe(503);
    expect(list.headers['retry-after']).toMatch(/^\d+$/);
    expect(JSON.parse(list.body)).toMatchObject({ kind: 'Status', code: 503 });
    const cached = await plane.request('/apis/faultline.dev/v1alpha1/issues?resourceVersion=0');
    expect(cached.status).toBe(200);
    for (const component of components('meanwhile', 10)) await fail('database', component);

    await postgres?.start();
    await faultline.until('database', (issues) => issues.length === 11, 60_000);
  });
});

test('a second server may start at once on the same database, and both answer alike', async (context) => {
  if (embedded) context.skip('PGlite belongs to one process: the state folder is locked');
  await fail('replicas', 'shared');
  await faultline.until('replicas', (issues) => issues.length === 1);
  const replica = await faultline.startReplica();
  await fail('replicas', 'afterwards');
  const first = await faultline.until('replicas', (issues) => issues.length === 2);
  const { status, body } = await send(
    `https://127.0.0.1:${replica.port}/apis/faultline.dev/v1alpha1/namespaces/replicas/issues`,
    faultline.plane.servingCa.certificatePem,
    { as: { token } },
  );
  expect(status, body).toBe(200);
  const names = (JSON.parse(body) as { items: { metadata: { name: string } }[] }).items.map(
    ({ metadata }) => metadata.name,
  );
  expect(names).toEqual(first.map(({ metadata }) => metadata.name));
});

test('objects that make no sense open nothing, crash nothing and hide nobody else', async () => {
  const { plane } = faultline;
  const path = '/apis/tekton.dev/v1/namespaces/nonsense/pipelineruns';
  const base = buildRun({ name: 'x', namespace: 'nonsense', component: 'x' }) as unknown as Record<string, object>;
  const nonsense: object[] = [
    { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', metadata: { name: 'bare' } },
    { ...base, metadata: { name: 'odd-status' }, status: { conditions: 'none', completionTime: 42 } },
    {
      ...base,
      metadata: { name: 'odd-condition' },
      status: { conditions: [{ type: 'Succeeded', status: 'Maybe' }, null, 7] },
    },
    {
      ...base,
      metadata: { name: 'odd-dates' },
      status: {
        completionTime: 'soon',
        conditions: [{ type: 'Succeeded', status: 'Unknown', lastTransitionTime: 'never' }],
      },
    },
    { ...base, metadata: { name: 'big', annotations: { 'example.com/huge': 'x'.repeat(200_000) } } },
  ];
  for (const body of nonsense) {
    const created = await plane.request(path, { method: 'POST', body });
    expect(created.status, created.body).toBe(201);
    const { name } = (body as { metadata: { name: string } }).metadata;
    const { status } = body as { status?: object };
    if (status) {
      await plane.request(`${path}/${name}/status`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/merge-patch+json' },
        body: { status },
      });
    }
  }
  await fail('nonsense', 'sound');
  const issues = await faultline.until('nonsense', (found) => found.length > 0);
  expect(issues.map(({ spec }) => spec.subject.name)).toEqual(['sound']);
  expect(faultline.controllers.ended).toBeUndefined();
});

test('while the cluster is gone the controllers retry quietly, and resume when it is back', async () => {
  const before = await lines('controllers.log');
  await faultline.plane.stopApiserver();
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  expect((await lines('controllers.log')) - before).toBeLessThan(30);
  await faultline.plane.startApiserver();
  await fail('cluster', 'back');
  await faultline.until('cluster', (issues) => issues.length === 1, 90_000);
});

async function adminToken(): Promise<string> {
  const { plane } = faultline;
  const token = await plane.serviceAccountToken('default', 'admin');
  await plane.request('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    method: 'POST',
    body: {
      metadata: { name: 'e2e-admin' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'admin', namespace: 'default' }],
    },
  });
  return token;
}
