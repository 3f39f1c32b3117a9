/**
 * Manifests at a real kube-apiserver, and their pods on this machine: everything that a cluster does with them but for nodes.
 * What stands in for kube-proxy is a forwarder on a loopback address for Service names, and ExternalName for the aggregator.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { logTail } from '../controlplane/child.ts';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import { kubectl } from '../controlplane/kubectl.ts';
import { TcpForwarder } from '../controlplane/tcp-forwarder.ts';
import { type Pod, startPod } from './pods.ts';
import { find, type Manifest, NAMESPACE } from './render.ts';

export interface InstallOptions {
  readonly plane: ControlPlane;
  /** What image.ts assembled. */
  readonly image: string;
  readonly dir: string;
  /** As rendered; the server must listen on `port`. */
  readonly manifests: readonly Manifest[];
  readonly port: number;
}

const API_SERVICE = 'v1alpha1.faultline.dev';
const SERVICE = `faultline.${NAMESPACE}.svc`;
const REPLICAS = `faultline-replicas.${NAMESPACE}.svc`;

export class Installed implements AsyncDisposable {
  readonly #options: InstallOptions;
  readonly #resources = new AsyncDisposableStack();
  #server: Pod | undefined;
  #controllers: Pod | undefined;

  /** Use {@link installManifests}. */
  constructor(options: InstallOptions) {
    this.#options = options;
  }

  get server(): Pod {
    if (!this.#server) throw new Error('the server does not run');
    return this.#server;
  }

  get controllers(): Pod {
    if (!this.#controllers) throw new Error('the controllers do not run');
    return this.#controllers;
  }

  /** Applies everything at once, and starts what it says; resolves when both pods run, ready or not. */
  async start(): Promise<void> {
    const { plane, manifests, port } = this.#options;
    // Of a process at most one installation uses a port, so this address is nobody else's.
    const address = `127.77.${port >> 8}.${port & 255}`;
    await this.#resources.use(new TcpForwarder(() => ({ port, host: '127.0.0.1' }))).listen(443, address);
    const hosts = { [SERVICE]: address, [REPLICAS]: '127.0.0.1' };
    await applyAll(plane, reachable(manifests, port));
    [this.#server, this.#controllers] = await Promise.all([
      this.#start('faultline-server', hosts),
      this.#start('faultline-controllers', hosts),
    ]);
  }

  /** Until the aggregator reaches the server. */
  async available(timeoutMs = 60_000): Promise<void> {
    const path = `/apis/apiregistration.k8s.io/v1/apiservices/${API_SERVICE}`;
    interface Conditions {
      readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
    }
    await this.server.child.until(
      'available',
      async () => {
        const { status = {} } = JSON.parse((await this.#options.plane.request(path)).body) as Conditions;
        return status.conditions?.some((one) => one.type === 'Available' && one.status === 'True') === true;
      },
      timeoutMs,
    );
  }

  /** Until `done` answers something; throws with the ends of both logs when it never does. */
  async eventually<T>(what: string, done: () => Promise<T | undefined>, timeoutMs = 30_000): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = await done();
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error(`${what}: not after ${timeoutMs / 1_000} s\n${await this.#logs()}`);
      await sleep(100);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }

  async #logs(): Promise<string> {
    const texts = [this.server, this.controllers].map(async ({ child: { name, logPath } }) => {
      return `--- ${name}\n${logTail(await readFile(logPath, 'utf8').catch(() => ''), 15)}`;
    });
    return (await Promise.all(texts)).join('\n');
  }

  async #start(deployment: string, hosts: Readonly<Record<string, string>>): Promise<Pod> {
    const { plane, image, dir } = this.#options;
    const where = { plane, namespace: NAMESPACE, deployment, image, dir: join(dir, deployment), hosts };
    return this.#resources.use(await startPod(where));
  }
}

export async function installManifests(options: InstallOptions): Promise<Installed> {
  const installed = new Installed(options);
  try {
    await installed.start();
    return installed;
  } catch (error) {
    await installed[Symbol.asyncDispose]();
    throw error;
  }
}

/** The manifests so that the aggregator finds the server on this machine; nothing else of them is changed. */
function reachable(manifests: readonly Manifest[], port: number): Manifest[] {
  const service = find<Manifest & { spec: object }>(manifests, 'Service', 'faultline');
  const apiService = find<Manifest & { spec: { service: object } }>(manifests, 'APIService', API_SERVICE);
  const ports = [{ port, protocol: 'TCP' }];
  return manifests.map((one) => {
    if (one === service) return { ...service, spec: { type: 'ExternalName', externalName: 'localhost', ports } };
    if (one !== apiService) return one;
    return { ...apiService, spec: { ...apiService.spec, service: { ...apiService.spec.service, port } } };
  });
}

/** In one go, as `kubectl apply -k` would. */
export async function applyAll(plane: ControlPlane, objects: readonly unknown[]): Promise<void> {
  const input = objects.map((one) => stringify(one)).join('---\n');
  const { code, stderr } = await kubectl(['apply', '-f', '-'], { kubeconfig: plane.adminKubeconfigPath, input });
  if (code !== 0) throw new Error(`kubectl apply: ${stderr}`);
}
