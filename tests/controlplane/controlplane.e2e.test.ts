import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerApiService } from './api-service.ts';
import { kubernetesVersion } from './assets.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { frontProxyName } from './flags.ts';
import { kubectl, kubectls, kubectlWatch } from './kubectl.ts';
import { descendants, isRunning } from './process-tree.ts';

describe('the real control plane', () => {
  let plane: ControlPlane;
  let kubeconfig: string;

  beforeAll(async () => {
    plane = await startControlPlane();
    kubeconfig = plane.adminKubeconfigPath;
  });

  afterAll(() => plane?.[Symbol.asyncDispose]());

  it('says the version that go.mod names', async () => {
    expect(JSON.parse((await plane.request('/version')).body).gitVersion).toBe(await kubernetesVersion());
  });

  it('keeps what kubectl creates over a crash of the API server, for every kubectl of this machine', async () => {
    const made = await kubectl(['create', 'configmap', 'kept', '--from-literal=a=b'], { kubeconfig });
    expect(made).toMatchObject({ code: 0, stdout: 'configmap/kept created\n' });
    await plane.restartApiserver('SIGKILL');
    for (const { version } of kubectls()) {
      const { stdout, stderr } = await kubectl(['get', 'cm', 'kept', '-o', 'name'], { kubeconfig, version });
      expect(stdout, `kubectl ${version}: ${stderr}`).toBe('configmap/kept\n');
    }
  });

  it('denies a user without a RoleBinding and lets a group in that has one', async () => {
    const nobody = await plane.issueUserKubeconfig('jane', ['developers']);
    const list = ['get', 'configmaps', '-n', 'kube-public'];
    const denied = await kubectl(list, { kubeconfig: nobody });
    expect(denied.code).toBe(1);
    expect(denied.stderr).toContain('User "jane" cannot list resource "configmaps"');
    // Not `view` itself: only the controller manager fills that role from its parts.
    const binding = [
      'create',
      'rolebinding',
      'dev',
      '--clusterrole=system:aggregate-to-view',
      '--group=developers',
      '-n',
      'kube-public',
    ];
    expect((await kubectl(binding, { kubeconfig })).code).toBe(0);
    await expect.poll(async () => (await kubectl(list, { kubeconfig: nobody })).code, { timeout: 5_000 }).toBe(0);
  });

  it('knows a ServiceAccount by its token', async () => {
    const token = await plane.serviceAccountToken('default', 'robot');
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const answer = await plane.request(path, { method: 'POST', body, as: { token } });
    expect(JSON.parse(answer.body).status.userInfo.username).toBe('system:serviceaccount:default:robot');
  });

  it('streams a watch, line by line', async () => {
    const args = ['get', 'configmaps', '-w', '-o', 'name', '--field-selector=metadata.name=late'];
    await using watch = kubectlWatch(args, { kubeconfig });
    await expect(watch.next(300)).rejects.toThrow('printed no line for 300 ms');
    await kubectl(['create', 'configmap', 'late'], { kubeconfig });
    expect(await watch.next()).toBe('configmap/late');
  });

  it('reaches an aggregated API on this machine and tells it who asks', async () => {
    await using server = await startAggregated(plane, ['faultline.faultline-system.svc']);
    await registerApiService(plane, { ...server, group: 'example.dev', version: 'v1' });
    const answer = await plane.request('/apis/example.dev/v1/whoami');
    expect(JSON.parse(answer.body)).toEqual({
      user: 'admin',
      groups: 'system:masters, system:authenticated',
      by: frontProxyName,
    });
  });

  it('calls an aggregated API available whose certificate it then refuses', async () => {
    await using server = await startAggregated(plane, ['localhost']);
    await registerApiService(plane, { ...server, group: 'wrong-name.dev', version: 'v1', service: 'wrong-name' });
    const answer = await plane.request('/apis/wrong-name.dev/v1/whoami');
    expect(answer.status).toBe(503);
    expect(answer.body).toContain('not wrong-name.faultline-system.svc');
  });

  it('is not ready while etcd is away and serves its data again afterwards', async () => {
    await plane.stopEtcd();
    expect((await plane.request('/readyz')).status).toBe(500);
    await plane.startEtcd();
    const path = '/api/v1/namespaces/default';
    await expect.poll(async () => (await plane.request(path)).status, { timeout: 10_000 }).toBe(200);
  });
});

it('disposing a control plane leaves no process and no file', async () => {
  const before = await descendants(process.pid);
  const plane = await startControlPlane();
  const { apiserverPid, etcdPid, dir } = plane;
  expect([apiserverPid, etcdPid].map((pid) => pid !== undefined && isRunning(pid))).toEqual([true, true]);
  await plane[Symbol.asyncDispose]();
  expect((await descendants(process.pid)).filter((pid) => !before.includes(pid))).toEqual([]);
  expect(existsSync(dir)).toBe(false);
});

it('a flag that the API server does not know fails the start with its own words', async () => {
  const start = startControlPlane({ apiserverFlags: ['--no-such-flag'] });
  await expect(start).rejects.toThrow(
    /kube-apiserver ended with code 1 before it was ready[\s\S]*unknown flag: --no-such-flag/,
  );
});

/** A server that trusts the cluster's front proxy alone and answers every path with what it was told. */
async function startAggregated(plane: ControlPlane, dnsNames: readonly string[]) {
  const { certificatePem, keyPem } = await plane.servingCa.issue({
    commonName: 'aggregated',
    usage: 'server',
    dnsNames,
  });
  const tls = { cert: certificatePem, key: keyPem, ca: plane.frontProxyCa.certificatePem, requestCert: true };
  const server: Server = createServer({ ...tls, rejectUnauthorized: false }, (request, response) => {
    const socket = request.socket as TLSSocket;
    const by = socket.authorized ? socket.getPeerCertificate().subject.CN : undefined;
    const { 'x-remote-user': user, 'x-remote-group': groups } = request.headers;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ user, groups, by }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    caPem: plane.caPem,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
