/**
 * An overlay as a cluster has it: a real kube-apiserver, PostgreSQL, and server and controllers from the files of the image, with
 * whoever makes the certificates there beside them.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { assembleImage } from '../../scripts/image.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { kubectl } from '../controlplane/kubectl.ts';
import { freePort } from '../controlplane/ports.ts';
import { startPostgres } from '../controlplane/postgres.ts';
import { at, createRun, tektonCrds } from '../e2e/pipelineruns.ts';
import { applyAll, type Installed, installManifests } from '../manifests/installed.ts';
import { helmTemplate, type Manifest, NAMESPACE } from '../manifests/render.ts';

export const API_SERVICE = '/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.faultline.dev';

/** What runs beside Faultline: called when the cluster is there and nothing of Faultline is. */
export type StartAddon = (
  cluster: Pick<Overlay, 'plane' | 'dir' | 'asAdmin' | 'get'>,
  resources: AsyncDisposableStack,
) => Promise<void>;

/** Starts what `values-<name>.yaml` of the chart says, which is what overlays/<name> is, and waits until it is reached. */
export async function startOverlay(name: string, addon: StartAddon): Promise<Overlay> {
  await using resources = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), `faultline-${name}-`));
  resources.defer(() => rm(dir, { recursive: true, force: true }));
  const [port, metricsPort] = [await freePort(), await freePort()];
  const ports = `--set=server.port=${port},controllers.metricsPort=${metricsPort}`;
  const plane = resources.use(await startControlPlane());
  const postgres = resources.use(await startPostgres({ fsync: false, tcp: true }));
  const manifests = await helmTemplate([`--values=values-${name}.yaml`, ports]);
  await assembleImage(join(dir, 'image'), { node: true });
  const namespaces = [NAMESPACE, 'shop'].map((one) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: one },
  }));
  await applyAll(plane, [...namespaces, ...tektonCrds()]);
  const cluster = new Cluster(plane, dir);
  await addon(cluster, resources);
  await cluster.asAdmin('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
  await postgres.database('issues');
  const metadata = { name: 'faultline-database', namespace: NAMESPACE };
  const stringData = { url: postgres.tcpUrlOf('issues') };
  await applyAll(plane, [{ apiVersion: 'v1', kind: 'Secret', metadata, stringData }]);
  const installed = resources.use(await installManifests({ plane, image: join(dir, 'image'), dir, manifests, port }));
  await installed.available();
  return new Overlay(plane, dir, installed, manifests, resources.move());
}

class Cluster {
  readonly plane: ControlPlane;
  readonly dir: string;

  constructor(plane: ControlPlane, dir: string) {
    this.plane = plane;
    this.dir = dir;
  }

  /** kubectl; throws with what it says. */
  async asAdmin(...args: string[]): Promise<void> {
    const { code, stderr } = await kubectl(args, { kubeconfig: this.plane.adminKubeconfigPath });
    expect(code, stderr).toBe(0);
  }

  async get<T>(path: string): Promise<T> {
    const { status, body } = await this.plane.request(path);
    expect(status, body).toBe(200);
    return JSON.parse(body) as T;
  }
}

export class Overlay extends Cluster implements AsyncDisposable {
  readonly installed: Installed;
  readonly manifests: readonly Manifest[];
  readonly #resources: AsyncDisposableStack;

  /** Use {@link startOverlay}. */
  constructor(
    plane: ControlPlane,
    dir: string,
    installed: Installed,
    manifests: readonly Manifest[],
    resources: AsyncDisposableStack,
  ) {
    super(plane, dir);
    this.installed = installed;
    this.manifests = manifests;
    this.#resources = resources;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }

  /** What the APIService trusts, PEM. */
  async bundle(): Promise<string> {
    const { spec } = await this.get<{ spec: { caBundle?: string } }>(API_SERVICE);
    return Buffer.from(spec.caBundle ?? '', 'base64').toString();
  }

  /** Both processes are ready, and what fails in the cluster is an issue that kube-apiserver serves. */
  async works(): Promise<void> {
    await this.installed.server.ready();
    await this.installed.controllers.ready();
    await createRun(
      this.plane,
      { name: 'web-0', namespace: 'shop', component: 'web' },
      { succeeded: false, at: at(0) },
    );
    const issues = async (): Promise<number> =>
      (await this.get<{ items: unknown[] }>('/apis/faultline.dev/v1alpha1/namespaces/shop/issues')).items.length;
    await expect.poll(issues, { timeout: 30_000 }).toBe(1);
  }
}
