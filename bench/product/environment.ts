import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { send } from '../../tests/controlplane/api-request.ts';
import { registerApiService } from '../../tests/controlplane/api-service.ts';
import { Child } from '../../tests/controlplane/child.ts';
import { type ControlPlane, startControlPlane } from '../../tests/controlplane/control-plane.ts';
import { kubectl } from '../../tests/controlplane/kubectl.ts';
import { freePort } from '../../tests/controlplane/ports.ts';
import { type Postgres, startPostgres } from '../../tests/controlplane/postgres.ts';
import { cpuSeconds } from '../harness/cpu-time.ts';
import type { Target } from '../load/connection.ts';
import { SOURCE } from '../load/plan.ts';
import type { BenchContext } from '../scenario.ts';
import { eachOf, KubeClient } from './kube-client.ts';
import { asInPod } from './pod.ts';

/**
 * Faultline as in production: `faultline server` (dist) as in a pod, with the rights of `manifests/base`, on an external
 * PostgreSQL with fsync and otherwise default settings, registered at a real kube-apiserver with etcd on disk; and a
 * ServiceAccount that may report.
 */
export class Environment implements AsyncDisposable {
  readonly plane: ControlPlane;
  readonly postgres: Postgres;
  readonly namespaces: readonly string[];
  /** Where reports go: to the server itself, as controllers in a cluster send them. */
  readonly target: Target;
  readonly #dir: string;
  readonly #nodeFlags: readonly string[];
  readonly #environment: Readonly<Record<string, string>>;
  readonly #resources: AsyncDisposableStack;
  #server: Child | undefined;

  /** Use {@link startEnvironment}. */
  constructor(parts: Parts, resources: AsyncDisposableStack) {
    this.plane = parts.plane;
    this.postgres = parts.postgres;
    this.namespaces = parts.namespaces;
    this.target = parts.target;
    this.#dir = parts.dir;
    this.#nodeFlags = parts.nodeFlags;
    this.#environment = parts.environment;
    this.#resources = resources;
  }

  get serverPid(): number {
    if (!this.#server) throw new Error('the server does not run');
    return this.#server.pid;
  }

  get serverLogPath(): string {
    return join(this.#dir, 'server.log');
  }

  /** Starts `faultline server` and waits until the aggregator lists issues through it. */
  async startServer(): Promise<void> {
    const server = await this.#spawnServer();
    const { port, caPem } = this.target;
    await server.until('answering', () => this.#listens(), 30_000);
    await registerApiService(this.plane, { group: 'faultline.dev', version: 'v1alpha1', port, caPem });
    await server.until('listing issues through the aggregator', () => this.#lists(), 30_000);
  }

  /** Seconds from the start of the process until `/readyz` and `/readyz/db` are both 200, and its CPU time until then. */
  async timedStart(): Promise<{ readonly seconds: number; readonly cpu: number }> {
    const begun = performance.now();
    const server = await this.#spawnServer();
    for (const path of ['/readyz', '/readyz/db']) {
      // Refused connections are cheap; what listens answers at once.
      while ((await fetchStatus(this.target, path).catch(() => 0)) !== 200) {
        const late = performance.now() - begun > 60_000;
        if (late || server.ended) throw new Error(`${path} was never 200; the log is ${this.serverLogPath}`);
        await sleep(10);
      }
    }
    const seconds = (performance.now() - begun) / 1_000;
    return { seconds, cpu: await cpuSeconds(server.pid) };
  }

  /** One more server on the same database, that no Service leads to; ends with the environment. */
  async startFurtherServer(): Promise<{ readonly target: Target; readonly pid: number }> {
    const target = { ...this.target, port: await freePort() };
    const server = await this.#spawn(target.port);
    this.#resources.defer(() => server.stop('SIGTERM', 30_000));
    await server.until('ready', async () => (await fetchStatus(target, '/readyz/feed')) === 200, 30_000);
    return { target, pid: server.pid };
  }

  async #spawnServer(): Promise<Child> {
    this.#server = await this.#spawn(this.target.port);
    return this.#server;
  }

  async #spawn(port: number): Promise<Child> {
    const pod = asInPod(join(this.#dir, 'serviceaccount'), process.execPath, [
      ...this.#nodeFlags,
      join(import.meta.dirname, '../../dist/cli/bin.js'),
      'server',
      `--config=${join(this.#dir, 'faultline.yaml')}`,
      `--listen=127.0.0.1:${port}`,
      `--tls-cert-file=${join(this.#dir, 'tls.crt')}`,
      `--tls-key-file=${join(this.#dir, 'tls.key')}`,
      '--shutdown-delay=0s',
    ]);
    const { hostname, port: apiPort } = new URL(this.plane.url);
    const env = {
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: apiPort,
      ...(await manifestEnvironment()),
      ...this.#environment,
    };
    return await Child.start({ name: 'faultline server', ...pod, logPath: this.serverLogPath, env });
  }

  /** Lets the reporter of {@link target} read issues too: for watches that do not go through the aggregator. */
  async allowWatching(): Promise<void> {
    await using client = new KubeClient(this.plane);
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    await client.json('POST', `${rbac}/clusterroles`, {
      metadata: { name: 'bench-reader' },
      rules: [{ apiGroups: ['faultline.dev'], resources: ['issues'], verbs: ['get', 'list', 'watch'] }],
    });
    await client.json('POST', `${rbac}/clusterrolebindings`, {
      metadata: { name: 'bench-reader' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'bench-reader' },
      subjects: [{ kind: 'ServiceAccount', name: 'bench', namespace: 'default' }],
    });
  }

  /** Restarts the server on another database of the same PostgreSQL; `faultline` is the first one. */
  async useDatabase(name: string): Promise<void> {
    await this.stopServer();
    await writeFile(join(this.#dir, 'database-url'), this.postgres.urlOf(name), { mode: 0o600 });
    await this.startServer();
  }

  /** The next server is started on this database, which is made when it is not there. */
  async pointTo(name: string): Promise<void> {
    const known = await this.postgres.psql(`select 1 from pg_database where datname = '${name}'`, 'postgres');
    if (known === '') await this.postgres.database(name);
    await writeFile(join(this.#dir, 'database-url'), this.postgres.urlOf(name), { mode: 0o600 });
  }

  /** Politely, so that a profile is written. */
  async stopServer(): Promise<void> {
    await this.#server?.stop('SIGTERM', 30_000);
    this.#server = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopServer();
    await this.#resources.disposeAsync();
  }

  async #listens(): Promise<boolean> {
    return (await fetchStatus(this.target, '/livez')) > 0;
  }

  async #lists(): Promise<boolean> {
    return (await this.plane.request('/apis/faultline.dev/v1alpha1/issues?limit=1')).status === 200;
  }
}

interface Parts {
  readonly plane: ControlPlane;
  readonly postgres: Postgres;
  readonly namespaces: readonly string[];
  readonly target: Target;
  readonly dir: string;
  readonly nodeFlags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts everything, the server included. `namespaces`: how many to create for issues. */
export async function startEnvironment(context: BenchContext, namespaces: number): Promise<Environment> {
  await using resources = new AsyncDisposableStack();
  const { progress } = context;
  progress.step('starting etcd, kube-apiserver and PostgreSQL');
  const plane = resources.use(await startControlPlane({ etcdFsync: true }));
  const postgres = resources.use(await startPostgres());
  const dir = await mkdtemp(join(tmpdir(), 'faultline-bench-'));
  resources.defer(() => rm(dir, { recursive: true, force: true }));
  progress.step(`creating ${namespaces} namespaces`);
  const names = await createNamespaces(plane, namespaces);
  await writeServerFiles(dir, plane, await postgres.database('faultline'));
  const credentials = { token: await reporterToken(plane) };
  const target = { host: '127.0.0.1', port: await freePort(), caPem: plane.servingCa.certificatePem, credentials };
  const { nodeFlags, environment: variables = {} } = context;
  const parts = { plane, postgres, namespaces: names, target, dir, nodeFlags, environment: variables };
  const environment = new Environment(parts, resources.move());
  try {
    progress.step('starting faultline server');
    await environment.startServer();
    return environment;
  } catch (error) {
    await environment[Symbol.asyncDispose]();
    throw error;
  }
}

async function writeServerFiles(dir: string, plane: ControlPlane, databaseUrl: string): Promise<void> {
  const { certificatePem, keyPem } = await plane.servingCa.issue({
    commonName: 'faultline',
    usage: 'server',
    dnsNames: ['faultline.faultline-system.svc', 'localhost'],
    ipAddresses: ['127.0.0.1'],
  });
  const configuration = {
    apiVersion: 'config.faultline.dev/v1alpha1',
    kind: 'FaultlineConfiguration',
    cluster: { inCluster: true },
    server: { databaseUrlFile: join(dir, 'database-url') },
  };
  await applyManifests(plane);
  await mkdir(join(dir, 'serviceaccount'));
  await writeFile(join(dir, 'serviceaccount/ca.crt'), plane.caPem);
  const token = await plane.serviceAccountToken('faultline-system', 'faultline-server');
  await writeFile(join(dir, 'serviceaccount/token'), token, { mode: 0o600 });
  await writeFile(join(dir, 'tls.crt'), certificatePem);
  await writeFile(join(dir, 'tls.key'), keyPem, { mode: 0o600 });
  await writeFile(join(dir, 'database-url'), databaseUrl, { mode: 0o600 });
  await writeFile(join(dir, 'faultline.yaml'), JSON.stringify(configuration)); // JSON is YAML
}

/** The environment of the server's container in `manifests/base`, and the heap that V8 allows itself there. */
async function manifestEnvironment(): Promise<Record<string, string>> {
  interface Workload {
    readonly spec?: { readonly template?: { readonly spec: { readonly containers: readonly Container[] } } };
  }
  interface Container {
    readonly env?: readonly { readonly name: string; readonly value: string }[];
    readonly resources?: { readonly limits?: { readonly memory?: string } };
  }
  const text = await readFile(join(import.meta.dirname, '../../manifests/base/server.yaml'), 'utf8');
  const workloads = parseAllDocuments(text).map((document) => document.toJS() as Workload);
  const containers = workloads.flatMap(({ spec }) => spec?.template?.spec.containers ?? []);
  const given = containers.flatMap(({ env = [] }) => env.map(({ name, value }): [string, string] => [name, value]));
  const limits = containers.flatMap(({ resources }) => /^(\d+)Mi$/.exec(resources?.limits?.memory ?? '')?.[1] ?? []);
  const { NODE_OPTIONS = '', ...others } = Object.fromEntries(given);
  // Half of the container's limit. Without one V8 takes gigabytes, and lets the heap grow as if it had them.
  const heap = limits.map((limit) => `--max-old-space-size=${Number(limit) / 2}`);
  return { ...others, NODE_OPTIONS: [NODE_OPTIONS, ...heap].join(' ') };
}

/** The namespace, the ServiceAccounts and the rights of an installation. */
async function applyManifests({ adminKubeconfigPath: kubeconfig }: ControlPlane): Promise<void> {
  const base = join(import.meta.dirname, '../../manifests/base');
  const files = ['namespace.yaml', 'rbac.yaml'].flatMap((file) => ['-f', join(base, file)]);
  const { code, stderr } = await kubectl(['apply', ...files], { kubeconfig });
  if (code !== 0) throw new Error(`applying manifests/base: ${stderr}`);
}

async function createNamespaces(plane: ControlPlane, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, index) => `team-${String(index).padStart(3, '0')}`);
  await using client = new KubeClient(plane, 8);
  await eachOf(names, 8, (name) => client.json('POST', '/api/v1/namespaces', { metadata: { name } }));
  return names;
}

/** A ServiceAccount with the rights of manifests/base: create reports everywhere, and speak as the bench's source. */
async function reporterToken(plane: ControlPlane): Promise<string> {
  await using client = new KubeClient(plane);
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  await client.json('POST', `${rbac}/clusterroles`, {
    metadata: { name: 'faultline-source-bench' },
    rules: [{ apiGroups: ['faultline.dev'], resources: ['sources'], verbs: ['report'], resourceNames: [SOURCE] }],
  });
  for (const role of ['faultline-reporter', 'faultline-source-bench']) {
    await client.json('POST', `${rbac}/clusterrolebindings`, {
      metadata: { name: `bench-${role}` },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', name: 'bench', namespace: 'default' }],
    });
  }
  return plane.serviceAccountToken('default', 'bench');
}

async function fetchStatus(target: Target, path: string): Promise<number> {
  return (await send(`https://${target.host}:${target.port}${path}`, target.caPem, { timeoutMs: 2_000 })).status;
}
