import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Child } from '../controlplane/child.ts';
import { find, type Manifest, NAMESPACE } from '../manifests/render.ts';
import { CERT_MANAGER, goTool, sourcesOf } from '../tools/go-tools.ts';
import { API_SERVICE, type Overlay, startOverlay } from './overlay.ts';

/**
 * The overlay cert-manager, with cert-manager itself: its CRDs, its controllers that issue certificates and its cainjector at a
 * real kube-apiserver, and server and controllers from the files of the image. What is not there is its webhook.
 */
const CERTIFICATES = `/apis/cert-manager.io/v1/namespaces/${NAMESPACE}/certificates`;
let overlay: Overlay;

beforeAll(async () => {
  const binary = await goTool(CERT_MANAGER, 'cert-manager');
  const sources = await sourcesOf(CERT_MANAGER, 'github.com/cert-manager/cert-manager');
  overlay = await startOverlay('cert-manager', async (cluster, resources) => {
    const { plane, dir } = cluster;
    await cluster.asAdmin('create', '-f', join(sources, 'deploy/crds'));
    for (const part of ['controllers', 'cainjector']) {
      const logPath = join(dir, `${part}.log`);
      const args = [part, `--kubeconfig=${plane.adminKubeconfigPath}`];
      resources.use(await Child.start({ name: `cert-manager ${part}`, command: binary, args, logPath }));
    }
  });
}, 1_800_000);
afterAll(() => overlay?.[Symbol.asyncDispose]());

async function secret(name: string): Promise<Record<'tls.crt' | 'tls.key' | 'ca.crt', string>> {
  const { data } = await overlay.get<{ data: Record<string, string> }>(
    `/api/v1/namespaces/${NAMESPACE}/secrets/${name}`,
  );
  const texts = Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]);
  return Object.fromEntries(texts) as Record<'tls.crt' | 'tls.key' | 'ca.crt', string>;
}

interface Condition {
  readonly type: string;
  readonly status: string;
}

test('cert-manager issues both certificates, and its cainjector fills the caBundle with the authority of ten years', async () => {
  for (const name of ['faultline-ca', 'faultline-serving']) {
    const { status } = await overlay.get<{ status: { conditions: readonly Condition[] } }>(`${CERTIFICATES}/${name}`);
    expect(status.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }));
  }
  const [authority, serving] = [await secret('faultline-ca'), await secret('faultline-serving')];
  expect(await overlay.bundle()).toBe(authority['tls.crt']);
  expect(serving['ca.crt']).toBe(authority['tls.crt']);
  expect(new X509Certificate(serving['tls.crt']).subjectAltName).toContain(`DNS:faultline.${NAMESPACE}.svc`);
});

test('kube-apiserver reaches the server by it, and so do the controllers: a failed run is an issue', async () => {
  await overlay.works();
});

test('an apply of the APIService, server-side and forced, leaves the bundle to the cainjector', async () => {
  const before = await overlay.bundle();
  const applied = find<Manifest & { spec: object }>(overlay.manifests, 'APIService', 'v1alpha1.faultline.dev');
  const { service: _, ...spec } = applied.spec as { service: object };
  const file = join(overlay.dir, 'apiservice.json');
  // Where it is served is changed here, for want of a kube-proxy.
  const { service } = (await overlay.get<{ spec: { service: object } }>(API_SERVICE)).spec;
  await writeFile(file, JSON.stringify({ ...applied, spec: { ...spec, service } }));
  await overlay.asAdmin('apply', '--server-side', '--force-conflicts', '--field-manager=argocd-controller', '-f', file);
  expect(await overlay.bundle()).toBe(before);
});

test('a renewal makes another key and certificate, changes no bundle and costs no answer', async () => {
  const [bundleBefore, before] = [await overlay.bundle(), await secret('faultline-serving')];
  const lists: number[] = [];
  const stop = new AbortController();
  const listing = (async () => {
    while (!stop.signal.aborted) {
      lists.push((await overlay.plane.request('/apis/faultline.dev/v1alpha1/issues')).status);
      await sleep(100);
    }
  })();
  await renew('faultline-serving');
  const renewed = async (): Promise<boolean> => (await secret('faultline-serving'))['tls.crt'] !== before['tls.crt'];
  await expect.poll(renewed, { timeout: 60_000 }).toBe(true);
  const after = await secret('faultline-serving');
  expect(after['tls.key']).not.toBe(before['tls.key']);
  // As the kubelet does within a minute.
  for (const [name, text] of Object.entries(after)) {
    await writeFile(join(overlay.dir, 'faultline-server/volumes/serving', name), text);
  }
  const { serialNumber } = new X509Certificate(after['tls.crt']);
  await expect.poll(servedSerial, { timeout: 60_000, interval: 500 }).toBe(serialNumber);
  await sleep(1_000);
  stop.abort();
  await listing;
  expect(await overlay.bundle()).toBe(bundleBefore);
  expect(lists.length).toBeGreaterThan(10);
  expect(lists.filter((status) => status !== 200)).toEqual([]);
});

test('an uninstall in the right order takes all of it along, certificates too, and namespaces can be deleted', async () => {
  await overlay.plane.startControllerManager();
  const binary = join(import.meta.dirname, '../../dist/cli/bin.js');
  const flags = [`--kubeconfig=${overlay.plane.adminKubeconfigPath}`, '--yes', '--crds', '--keep-namespace'];
  const logPath = join(overlay.dir, 'uninstall.log');
  const args = [binary, 'uninstall', ...flags];
  const child = await Child.start({ name: 'faultline uninstall', command: process.execPath, args, logPath });
  await expect.poll(() => child.ended, { timeout: 120_000 }).toBeDefined();
  expect(child.ended, await readFile(logPath, 'utf8')).toBe('code 0');
  const certificates = await overlay.get<{ items: unknown[] }>(CERTIFICATES);
  expect(certificates.items).toEqual([]);
  await overlay.asAdmin('delete', 'namespace', 'shop', '--timeout=60s');
});

/** As `cmctl renew` does. */
async function renew(name: string): Promise<void> {
  const certificate = await overlay.get<{ status: { conditions: readonly Condition[] } }>(`${CERTIFICATES}/${name}`);
  const issuing = { type: 'Issuing', status: 'True', reason: 'ManuallyTriggered', message: 'by a test' };
  const lastTransitionTime = new Date().toISOString();
  const conditions = [...certificate.status.conditions, { ...issuing, lastTransitionTime }];
  const body = { ...certificate, status: { ...certificate.status, conditions } };
  const { status, body: answer } = await overlay.plane.request(`${CERTIFICATES}/${name}/status`, {
    method: 'PUT',
    body,
  });
  expect(status, answer).toBe(200);
}

function servedSerial(): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const port = overlay.installed.server.portOf('https');
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
    resolve(socket.getPeerCertificate().serialNumber);
    socket.end();
  });
  socket.once('error', reject);
  return promise;
}
