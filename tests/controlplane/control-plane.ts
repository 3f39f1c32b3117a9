/**
 * A real kube-apiserver and etcd on loopback, in a folder of their own, for e2e tests, benches and `.ci/run`:
 *
 *     await using cluster = await startControlPlane();
 *     await kubectl(['get', 'namespaces'], { kubeconfig: cluster.adminKubeconfigPath });
 *
 * There is no node, no scheduler and, unless asked for, no controller manager: objects stay as they were written, a
 * deleted namespace stays Terminating, and the ClusterRoles view, edit and admin are empty (bind
 * `system:aggregate-to-view` instead).
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiRequest, type ApiResponse, send } from './api-request.ts';
import { type AssetOptions, findBinaries, requiredBinaries } from './assets.ts';
import type { Authority, KeyPair } from './certificates.ts';
import { Child } from './child.ts';
import { apiserverFlags, controllerManagerFlags, etcdFlags, type Ports } from './flags.ts';
import { kubeconfig } from './kubeconfig.ts';
import { type ControlPlanePki, writePki } from './pki.ts';
import { freePort } from './ports.ts';

export interface ControlPlaneOptions extends AssetOptions {
  /** Appended to the API server's flags, so that they win. */
  readonly apiserverFlags?: readonly string[];
  /** Whether etcd syncs its log to disk. Default false; benches that compare with etcd want true. */
  readonly etcdFsync?: boolean;
  /** Default 60 s, for each of the two servers. */
  readonly readyTimeoutMs?: number;
}

interface Layout {
  readonly dir: string;
  readonly ports: Ports;
  readonly pki: ControlPlanePki;
  readonly binaries: Record<(typeof requiredBinaries)[number], string>;
  readonly options: ControlPlaneOptions;
}

const defaultReadyTimeoutMs = 60_000;
const stopGraceMs = 15_000;

/** What finishes deletions of namespaces and of owned objects, and fills the roles view, edit and admin. */
const defaultControllers = [
  'namespace-controller',
  'garbage-collector-controller',
  'clusterrole-aggregation-controller',
] as const;

/**
 * Starts etcd and kube-apiserver and waits until the API server is ready and its first namespaces exist: about 4 s,
 * 300 MB. Builds the binaries first when they are not cached (assets.ts). Throws with the end of the log when a
 * server does not come up.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const binaries = await findBinaries(requiredBinaries, options);
  const dir = await mkdtemp(join(tmpdir(), 'faultline-cp-'));
  const ports = { etcd: await freePort(), apiserver: await freePort() };
  const plane = new ControlPlane({ dir, ports, pki: await writePki(dir), binaries, options });
  try {
    await plane.start();
    return plane;
  } catch (error) {
    await plane[Symbol.asyncDispose]();
    throw error;
  }
}

export class ControlPlane implements AsyncDisposable {
  /** Temporary folder with certificates, kubeconfigs, logs and etcd's data; gone after dispose. */
  readonly dir: string;
  /** `https://127.0.0.1:<port>`; stays the same over restarts. */
  readonly url: string;
  /** Authority of the API server's certificate. */
  readonly caPem: string;
  /** Kubeconfig of `admin` in `system:masters`, whom no rule restricts. */
  readonly adminKubeconfigPath: string;
  readonly admin: KeyPair;
  /** Signs users: CN is the name, O are the groups. */
  readonly clientCa: Authority;
  /** Signs who may speak for users; aggregated servers learn it from the cluster. */
  readonly frontProxyCa: Authority;
  /** Signs servers, the API server's own certificate among them. */
  readonly servingCa: Authority;
  readonly #layout: Layout;
  #etcd: Child | undefined;
  #apiserver: Child | undefined;
  #controllerManager: Child | undefined;

  /** Use {@link startControlPlane}. */
  constructor(layout: Layout) {
    const { dir, ports, pki } = layout;
    this.#layout = layout;
    this.dir = dir;
    this.url = `https://127.0.0.1:${ports.apiserver}`;
    this.caPem = pki.servingCa.certificatePem;
    this.admin = pki.admin;
    this.clientCa = pki.clientCa;
    this.frontProxyCa = pki.frontProxyCa;
    this.servingCa = pki.servingCa;
    this.adminKubeconfigPath = join(dir, 'admin.kubeconfig');
  }

  get apiserverPid(): number | undefined {
    return this.#apiserver?.pid;
  }

  /** Where etcd answers, without authentication: for benches that write many objects at once. */
  get etcdUrl(): string {
    return `http://127.0.0.1:${this.#layout.ports.etcd}`;
  }

  get etcdPid(): number | undefined {
    return this.#etcd?.pid;
  }

  /** Log file of one of the servers; a restart appends to it. */
  logPath(server: 'etcd' | 'kube-apiserver' | 'kube-controller-manager'): string {
    return join(this.dir, `${server}.log`);
  }

  /** Starts what is not running, etcd first. */
  async start(): Promise<void> {
    await this.#writeKubeconfig(this.adminKubeconfigPath, 'admin', this.admin);
    await this.startEtcd();
    await this.startApiserver();
  }

  /** Kills all servers and removes the folder. Twice is once. */
  async stop(): Promise<void> {
    // The data is thrown away, so nobody has to say goodbye.
    const children = [this.#controllerManager, this.#apiserver, this.#etcd];
    await Promise.all(children.map((child) => child?.stop('SIGKILL')));
    await rm(this.dir, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async startEtcd(): Promise<void> {
    if (this.#etcd && !this.#etcd.ended) return;
    const { dir, ports, binaries, options } = this.#layout;
    this.#etcd = await this.#spawn('etcd', binaries.etcd, etcdFlags(dir, ports.etcd, options.etcdFsync ?? false));
    await this.#untilReady(this.#etcd, () => this.#answers(`http://127.0.0.1:${ports.etcd}/readyz`));
  }

  /** Takes the store away from the API server, which then answers 5xx; `startEtcd` brings it back with its data. */
  async stopEtcd(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#etcd?.stop(signal, stopGraceMs);
  }

  /** Starts the API server on its old port and waits until it is ready. Does nothing when it runs. */
  async startApiserver(): Promise<void> {
    if (this.#apiserver && !this.#apiserver.ended) return;
    const { dir, ports, binaries, options } = this.#layout;
    const flags = [...apiserverFlags(dir, ports), ...(options.apiserverFlags ?? [])];
    this.#apiserver = await this.#spawn('kube-apiserver', binaries['kube-apiserver'], flags);
    await this.#untilReady(this.#apiserver, () => this.#isReady());
  }

  /** SIGTERM lets requests finish, SIGKILL is a crash; killed after 15 s in any case. */
  async stopApiserver(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#apiserver?.stop(signal, stopGraceMs);
  }

  async restartApiserver(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.stopApiserver(signal);
    await this.startApiserver();
  }

  /** Starts kube-controller-manager with the given controllers, `['*']` for all; built at the first use, about 1 min. */
  async startControllerManager(controllers: readonly string[] = defaultControllers): Promise<void> {
    if (this.#controllerManager && !this.#controllerManager.ended) return;
    const name = 'kube-controller-manager';
    const binaries = await findBinaries([name], this.#layout.options);
    const port = await freePort();
    this.#controllerManager = await this.#spawn(
      name,
      binaries[name],
      controllerManagerFlags(this.dir, port, controllers),
    );
    await this.#untilReady(this.#controllerManager, () => this.#answers(`https://127.0.0.1:${port}/healthz`));
  }

  /** Writes a kubeconfig for a user with a fresh client certificate. Without a RoleBinding the user may do nothing. */
  async issueUserKubeconfig(name: string, groups: readonly string[] = [], namespace?: string): Promise<string> {
    const credentials = await this.clientCa.issue({ commonName: name, organizations: groups, usage: 'client' });
    const path = join(this.dir, `user-${encodeURIComponent(name)}.kubeconfig`);
    await this.#writeKubeconfig(path, name, credentials, namespace);
    return path;
  }

  /** Bearer token of a ServiceAccount, which is created when it does not exist. Valid for one hour. */
  async serviceAccountToken(namespace: string, name: string, audiences: readonly string[] = []): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    const created = await this.request(path, { method: 'POST', body: { metadata: { name } } });
    if (created.status !== 201 && created.status !== 409) throw new Error(`creating ${path}/${name}: ${created.body}`);
    const body = { spec: { audiences, expirationSeconds: 3600 } };
    const issued = await this.request(`${path}/${name}/token`, { method: 'POST', body });
    if (issued.status !== 201) throw new Error(`asking for a token of ${path}/${name}: ${issued.body}`);
    return JSON.parse(issued.body).status.token;
  }

  /** One request to the API server, as the administrator unless `as` says otherwise. Any status is an answer. */
  request(path: string, options: ApiRequest = {}): Promise<ApiResponse> {
    return send(`${this.url}${path}`, this.caPem, { as: this.admin, ...options });
  }

  async #untilReady(child: Child, probe: () => Promise<boolean>): Promise<void> {
    await child.until('ready', probe, this.#layout.options.readyTimeoutMs ?? defaultReadyTimeoutMs);
  }

  async #answers(url: string): Promise<boolean> {
    return (await send(url, this.caPem, { timeoutMs: 2_000 })).status === 200;
  }

  /** /readyz comes before the first namespaces and before the ConfigMap that aggregated servers read. */
  async #isReady(): Promise<boolean> {
    for (const path of [
      '/readyz',
      '/api/v1/namespaces/default',
      '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication',
    ]) {
      if ((await this.request(path, { timeoutMs: 2_000 })).status !== 200) return false;
    }
    return true;
  }

  #spawn(name: Parameters<ControlPlane['logPath']>[0], command: string, args: readonly string[]): Promise<Child> {
    return Child.start({ name, command, args, logPath: this.logPath(name) });
  }

  async #writeKubeconfig(path: string, user: string, credentials: KeyPair, namespace?: string): Promise<void> {
    const options = { server: this.url, caPem: this.caPem, user, credentials, ...(namespace ? { namespace } : {}) };
    await writeFile(path, kubeconfig(options), { mode: 0o600 });
  }
}
