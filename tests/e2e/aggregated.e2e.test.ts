import { spawn } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stableOutput } from '../../cli/testing/stable-output.ts';
import { send } from '../controlplane/api-request.ts';
import { registerApiService } from '../controlplane/api-service.ts';
import { freePort } from '../controlplane/ports.ts';
import { faultline as binary, type Installation, install, node } from './installation.ts';
import { kubectlContract } from './kubectl.contract.ts';
import { at, createRun } from './pipelineruns.ts';

/** Item 2 of the first slice through the aggregator of a real kube-apiserver, and who may read what. */
let faultline: Installation;
beforeAll(async () => {
  faultline = await install({ namespaces: ['shop', 'empty', 'golden'] });
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

describe('our own commands, with nothing but a kubeconfig', () => {
  const cli = async (kubeconfig: string, ...args: string[]) => {
    const child = spawn(node, [binary, ...args, ...(args[0] === 'completion' ? [] : [`--kubeconfig=${kubeconfig}`])], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { code, out, err };
  };

  test('tell the past, count and rank what the caller may list, and say which versions meet', async () => {
    const admin = faultline.plane.adminKubeconfigPath;
    const [issue] = await faultline.issues('shop');
    const name = issue?.metadata.name as string;
    expect((await cli(admin, 'history', name, '-n', 'shop')).out).toMatch(/^\S+Z +opened\n/);
    expect((await cli(admin, 'describe', name, '-n', 'shop')).out).toMatch(/\n\nTimeline:\n {2}\S+Z +opened\n/);
    expect((await cli(admin, 'top', 'namespaces')).out).toMatch(/^NAMESPACE +OPEN .*\nshop +[1-4] /);
    const stats = await cli(admin, 'stats', '-n', 'shop', '--since', '900d', '-o', 'json');
    expect(JSON.parse(stats.out)).toMatchObject({ namespaces: [{ namespace: 'shop' }] });
    expect((await cli(admin, 'version')).out).toMatch(/\nserver: faultline \d+\.\d+\.\d+, Kubernetes v1\.\d+\.\d+ at /);
  });

  test('print word for word what their golden file says', async () => {
    const { plane } = faultline;
    await createRun(plane, { name: 'web-1', namespace: 'golden', component: 'web' }, { succeeded: false, at: at(0) });
    const [issue] = await faultline.until('golden', (issues) => issues.length === 1);
    const name = issue?.metadata.name ?? '';
    const printed: string[] = [];
    for (const argv of [
      ['get'],
      ['get', '-o', 'wide'],
      ['get', name, '-o', 'csv'],
      ['get', '--severity', 'major', '-o', 'name', '--exit-code'],
      ['get', '--subject', 'Component/web', '-o', 'custom-columns=NAME:.metadata.name,WHY:.spec.reason'],
      ['list', '-t', 'build', '-s', 'major'],
      ['details', '-i', name],
      ['evidence', name],
      ['open', name],
      ['stats'],
      ['acknowledge', name, '--reason', 'looking'],
      ['snooze', name, '--for', '2h'],
      ['assign', name, '--to', 'ann'],
      ['due', name, '--in', '3d'],
      ['comment', name, 'found it'],
      ['resolve', name, '--reason', 'a flake'],
      ['get'],
      ['get', '--all'],
      ['get', '--all', '--as-of', '0s'],
      ['history', name],
    ]) {
      const { code, out, err } = await cli(plane.adminKubeconfigPath, ...argv, '-n', 'golden');
      printed.push(`$ faultline ${argv.join(' ')} -n golden\n${out}${err}${code === 0 ? '' : `(exit code ${code})\n`}`);
    }
    await expect(stableOutput(printed.join('\n'), plane.dir)).toMatchFileSnapshot('golden/commands.txt');
  });

  test('refuse with one line what RBAC refuses, and count nothing of it', async () => {
    const mallory = await faultline.plane.issueUserKubeconfig('mallory');
    const [issue] = await faultline.issues('shop');
    for (const argv of [
      ['history', issue?.metadata.name as string, '-n', 'shop'],
      ['stats', '-n', 'shop'],
      ['top'],
      ['groups'],
    ]) {
      const { code, out, err } = await cli(mallory, ...argv);
      expect([argv, code, out]).toEqual([argv, 1, '']);
      expect(err).toMatch(/^error: [^\n]*forbidden[^\n]*\n$/);
    }
    const { out } = await cli(mallory, 'stats', '-A', '-o', 'json');
    expect(JSON.parse(out)).toMatchObject({ total: { open: 0, opened: 0, resolved: 0 }, namespaces: [] });
    // Who may impersonate asks as somebody else.
    const { err } = await cli(faultline.plane.adminKubeconfigPath, 'get', '-n', 'shop', '--as', 'mallory');
    expect(err).toContain('User "mallory" cannot list resource "issues"');
  });

  test('are completed by kubectl, with the names that the server knows', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'faultline-plugin-'));
    const admin = faultline.plane.adminKubeconfigPath;
    const executable = (name: string, text: string) => writeFile(join(folder, name), text, { mode: 0o755 });
    await executable('faultline', `#!/bin/sh\nexec '${node}' '${binary}' "$@"\n`);
    await executable('kubectl-faultline', `#!/bin/sh\nexec faultline "$@"\n`);
    await executable('kubectl_complete-faultline', (await cli(admin, 'completion', 'kubectl')).out);
    const env = { PATH: `${folder}:${process.env.PATH}`, KUBECONFIG: admin };
    const { stdout } = await faultline.kubectl(['__complete', 'faultline', 'get', '-n', 'shop', 'component-p'], {
      env,
    });
    expect(stdout).toMatch(/^component-payments-\w+\tBuild of payments on main failed\n:4\n$/);
    await rm(folder, { recursive: true, force: true });
  });

  test('doctor finds nothing wrong with the way through the aggregator, and who may not see that there are no rights', async () => {
    const { out } = await cli(faultline.plane.adminKubeconfigPath, 'doctor', '-n', 'shop', '-o', 'json');
    const { findings } = JSON.parse(out) as { findings: { check: string; verdict: string; message: string }[] };
    const verdicts = Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict]));
    expect(verdicts, out).toMatchObject({
      ...{ server: 'ok', clock: 'ok', versions: 'ok', apiservice: 'ok', discovery: 'ok' },
      // The authority of this test does not last for long, and that is told.
      certificate: 'warning',
      ...{ rights: 'ok', database: 'ok', controllers: 'ok', issues: 'ok' },
    });
    const mallory = await faultline.plane.issueUserKubeconfig('mallory');
    const sick = await cli(mallory, 'doctor', '-n', 'shop');
    expect([sick.code, sick.out]).toEqual([1, expect.stringContaining('you may not list issues in namespace shop')]);
  });
});

/** Hosts of containers mostly have it; where a machine has not, the aggregator cannot be led to ::1. */
const IPV6_NAME = 'ip6-localhost';
const isNamed = await lookup(IPV6_NAME, { all: true }).then(
  (found) => found.length > 0 && found.every(({ address }) => address === '::1'),
  () => false,
);
test.skipIf(!isNamed)('the aggregator reaches a server that listens on IPv6 alone', async () => {
  const { plane, server } = faultline;
  const port = await freePort();
  // The port is nobody's but that of the server that listens on ::1.
  await faultline.startReplica({ name: 'ipv6', ready: 'never', args: [`--listen=[::1]:${port}`] });
  const service = { group: 'faultline.dev', version: 'v1alpha1', caPem: plane.servingCa.certificatePem };
  await registerApiService(plane, { ...service, port, externalName: IPV6_NAME });
  const before = await faultline.until('shop', (issues) => issues.length > 0);
  await registerApiService(plane, { ...service, port: server.port });
  expect(await faultline.issues('shop')).toEqual(before);
});
