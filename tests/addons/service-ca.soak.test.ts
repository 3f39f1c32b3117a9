import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Authority, createAuthority } from '../controlplane/certificates.ts';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import { NAMESPACE } from '../manifests/render.ts';
import { type Overlay, startOverlay } from './overlay.ts';

/**
 * The overlay openshift, with what OpenShift documents of its service CA: a Secret with a certificate of an annotated Service, and
 * the authority in annotated ConfigMaps and APIServices. It is a stand-in: the sources of the service CA cannot be had here.
 */
const [CERTIFICATE, BUNDLE] = ['serving-cert-secret-name', 'inject-cabundle'].map(
  (name) => `service.beta.openshift.io/${name}`,
) as [string, string];
const WATCHED = {
  services: `/api/v1/namespaces/${NAMESPACE}/services`,
  configMaps: `/api/v1/namespaces/${NAMESPACE}/configmaps`,
  apiServices: '/apis/apiregistration.k8s.io/v1/apiservices',
};
let overlay: Overlay;
let authority: Authority;

beforeAll(async () => {
  authority = await createAuthority('openshift-service-serving-signer');
  overlay = await startOverlay('openshift', async ({ plane }, resources) => {
    const stop = new AbortController();
    const running = standIn(plane, stop.signal);
    resources.defer(async () => {
      stop.abort();
      await running;
    });
  });
}, 600_000);
afterAll(() => overlay?.[Symbol.asyncDispose]());

interface Annotated {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
}

async function standIn(plane: ControlPlane, signal: AbortSignal): Promise<void> {
  const annotated = async (path: string, annotation: string): Promise<Annotated[]> => {
    const { items } = JSON.parse((await plane.request(path)).body) as { items: Annotated[] };
    return items.filter(({ metadata }) => metadata.annotations?.[annotation] !== undefined);
  };
  const merge = (path: string, body: object) =>
    plane.request(path, { method: 'PATCH', body, headers: { 'content-type': 'application/merge-patch+json' } });
  const done = new Set<string>();
  while (!signal.aborted) {
    for (const { metadata } of await annotated(WATCHED.services, CERTIFICATE)) {
      const name = metadata.annotations?.[CERTIFICATE] ?? '';
      if (done.has(name)) continue;
      done.add(name);
      const host = `${metadata.name}.${NAMESPACE}.svc`;
      const dnsNames = [host, `${host}.cluster.local`];
      const { certificatePem, keyPem } = await authority.issue({ commonName: host, usage: 'server', dnsNames });
      const stringData = { 'tls.crt': certificatePem, 'tls.key': keyPem };
      const body = { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name }, stringData };
      await plane.request(`/api/v1/namespaces/${NAMESPACE}/secrets`, { method: 'POST', body });
    }
    for (const { metadata } of await annotated(WATCHED.configMaps, BUNDLE)) {
      await merge(`${WATCHED.configMaps}/${metadata.name}`, { data: { 'service-ca.crt': authority.certificatePem } });
    }
    for (const { metadata } of await annotated(WATCHED.apiServices, BUNDLE)) {
      const caBundle = Buffer.from(authority.certificatePem).toString('base64');
      await merge(`${WATCHED.apiServices}/${metadata.name}`, { spec: { caBundle } });
    }
    await sleep(200);
  }
}

test('by its annotations alone kube-apiserver and the controllers reach the server: a failed run is an issue', async () => {
  await overlay.works();
  expect(await overlay.bundle()).toBe(authority.certificatePem);
});
