import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send } from '../controlplane/api-request.ts';
import { type Installation, install } from './installation.ts';
import { kubectlContract } from './kubectl.contract.ts';
import { at, createRun } from './pipelineruns.ts';

/** Item 2 of the first slice through the aggregator of a real kube-apiserver, and who may read what. */
let faultline: Installation;
beforeAll(async () => {
  faultline = await install({ namespaces: ['shop', 'empty'] });
  const failing = { succeeded: false, at: at(0) } as const;
  for (const component of ['payments', 'cart', 'search']) {
    await createRun(faultline.plane, { name: `${component}-1`, namespace: 'shop', component }, failing);
  }
  await createRun(
    faultline.plane,
    { name: 'cart-pr-7', namespace: 'shop', component: 'cart', pullRequest: 7 },
    failing,
  );
  await faultline.until('shop', (issues) => issues.length === 4);
});
afterAll(async () => faultline?.[Symbol.asyncDispose]());

kubectlContract(() => ({
  kubeconfig: faultline.plane.adminKubeconfigPath,
  namespace: 'shop',
  async resolve(issue) {
    const { spec } = (await faultline.issues('shop')).find(({ metadata }) => metadata.name === issue) as {
      spec: { subject: { name: string; aspect?: string } };
    };
    const pullRequest = spec.subject.aspect?.startsWith('build/pr/') ? { pullRequest: 7 } : {};
    const run = { name: `${spec.subject.name}-fixed`, namespace: 'shop', component: spec.subject.name, ...pullRequest };
    await createRun(faultline.plane, run, { succeeded: true, at: at(1) });
  },
}));

describe('the aggregated API', () => {
  test('R2 R4 answers through the aggregator with a verified certificate', async () => {
    expect((await faultline.plane.request('/apis/faultline.dev/v1alpha1/issues')).status).toBe(200);
  });

  test('L13 an issue is served at its own resourceVersion', async () => {
    for (const { metadata } of await faultline.issues('shop')) {
      const path = `/apis/faultline.dev/v1alpha1/namespaces/shop/issues/${metadata.name}`;
      const { status } = await faultline.plane.request(`${path}?resourceVersion=${metadata.resourceVersion}`);
      expect(status).toBe(200);
    }
  });

  test('O9 leaves the merged OpenAPI of the whole cluster intact, as JSON and as protobuf', async () => {
    for (const accept of ['application/json', 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf']) {
      const { status } = await faultline.plane.request('/openapi/v2', { headers: { accept } });
      expect(status, accept).toBe(200);
    }
  });

  test('D1 D5 its discovery is current in what the aggregator publishes', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const current = async (): Promise<unknown> => {
      const { body } = await faultline.plane.request('/apis', { headers: { accept } });
      const { items } = JSON.parse(body) as { items: { metadata: { name: string }; versions: object[] }[] };
      return items.find(({ metadata }) => metadata.name === 'faultline.dev')?.versions[0];
    };
    await expect.poll(current, { timeout: 20_000 }).toMatchObject({
      freshness: 'Current',
      resources: expect.arrayContaining([expect.objectContaining({ resource: 'issues' })]),
    });
  });

  test('V1 V2 an empty namespace lists with a resourceVersion above 0', async () => {
    const { body } = await faultline.plane.request('/apis/faultline.dev/v1alpha1/namespaces/empty/issues');
    const list = JSON.parse(body) as { items: unknown[]; metadata: { resourceVersion: string } };
    expect(list.items).toEqual([]);
    expect(Number(list.metadata.resourceVersion)).toBeGreaterThan(0);
  });

  test('A8 A14 a user without the right is forbidden, in the words of a built-in resource', async () => {
    const kubeconfig = await faultline.plane.issueUserKubeconfig('mallory');
    const { code, stderr } = await faultline.kubectl(['get', 'issues', '-n', 'shop'], { kubeconfig });
    expect(code).not.toBe(0);
    expect(stderr).toContain(
      'issues.faultline.dev is forbidden: User "mallory" cannot list resource "issues" in API group "faultline.dev" in the namespace "shop"',
    );
  });

  test('A9 a Role on one name may watch that issue and list no others', async () => {
    const [issue] = await faultline.issues('shop');
    const name = issue?.metadata.name as string;
    const { plane } = faultline;
    const api = '/apis/rbac.authorization.k8s.io/v1/namespaces/shop';
    const rules = [
      { apiGroups: ['faultline.dev'], resources: ['issues'], resourceNames: [name], verbs: ['get', 'list', 'watch'] },
    ];
    await plane.request(`${api}/roles`, { method: 'POST', body: { metadata: { name: 'one-issue' }, rules } });
    await plane.request(`${api}/rolebindings`, {
      method: 'POST',
      body: {
        metadata: { name: 'one-issue' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'one-issue' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'dana' }],
      },
    });
    const kubeconfig = await plane.issueUserKubeconfig('dana');
    expect((await faultline.kubectl(['get', 'issue', name, '-n', 'shop'], { kubeconfig })).code).toBe(0);
    await using watch = faultline.watch(['get', 'issue', name, '-n', 'shop', '-w', '--no-headers'], { kubeconfig });
    expect(await watch.next()).toContain(name);
    expect((await faultline.kubectl(['get', 'issues', '-n', 'shop'], { kubeconfig })).code).not.toBe(0);
  });

  test('A5 spoofed X-Remote headers on a direct call grant nothing', async () => {
    const url = `https://127.0.0.1:${faultline.server.port}/apis/faultline.dev/v1alpha1/issues`;
    const headers = { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters' };
    const { status, body } = await send(url, faultline.plane.servingCa.certificatePem, { headers });
    expect([401, 403]).toContain(status);
    expect(JSON.parse(body)).toMatchObject({ kind: 'Status', status: 'Failure' });
  });

  test('A7 a ServiceAccount token is reviewed by the cluster on a direct call', async () => {
    const url = `https://127.0.0.1:${faultline.server.port}/apis/faultline.dev/v1alpha1/namespaces/shop/issues`;
    const ca = faultline.plane.servingCa.certificatePem;
    const token = await faultline.plane.serviceAccountToken('shop', 'visitor');
    expect((await send(url, ca, { as: { token } })).status).toBe(403);
    expect((await send(url, ca, { as: { token: 'garbage' } })).status).toBe(401);
  });
});
