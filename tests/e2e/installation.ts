/**
 * Faultline as it is installed: `faultline server` registered as an aggregated API of a real kube-apiserver, and
 * `faultline controllers` watching that cluster; both are the built binaries, with ServiceAccounts and the RBAC of
 * manifests/base. The database is PostgreSQL, or PGlite with FAULTLINE_E2E_DATABASE=embedded.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, parseAllDocuments } from 'yaml';
import { registerApiService } from '../controlplane/api-service.ts';
import { Child } from '../controlplane/child.ts';
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from '../controlplane/control-plane.ts';
import { kubeconfig } from '../controlplane/kubeconfig.ts';
import {
  type KubectlOptions,
  type KubectlResult,
  type KubectlWatch,
  kubectl,
  kubectlWatch,
} from '../controlplane/kubectl.ts';
import { freePort } from '../controlplane/ports.ts';
import { type Postgres, type PostgresOptions, startPostgres } from '../controlplane/postgres.ts';
import { tektonCrds } from './pipelineruns.ts';

const root = join(import.meta.dirname, '..', '..');
export const node = join(root, 'node_modules', '.bin', 'node');
export const faultline = join(root, 'dist', 'cli', 'bin.js');
export const embedded = process.env.FAULTLINE_E2E_DATABASE === 'embedded';
const namespace = 'faultline-system';

export interface ServerProcess {
  readonly child: Child;
  readonly port: number;
}

export interface SpawnOptions {
  /** Of the process and its log. Default: `replica`. */
  readonly name?: string;
  /** Added to the flags, and stronger than those before. */
  readonly args?: readonly string[];
  /** Another database than the installation's. */
  readonly databaseUrlFile?: string;
  /** False: wait only until it listens. `never`: it is expected to end. */
  readonly ready?: boolean | 'never';
  /** Another build than this one's. */
  readonly binary?: string;
}

export class Installation implements AsyncDisposable {
  readonly plane: ControlPlane;
  readonly postgres: Postgres | undefined;
  readonly dir: string;
  #server: ServerProcess | undefined;
  #controllers: Child | undefined;
  readonly #port: number;
  readonly #extra: Child[] = [];
  #configured = false;
  /** What further processes are started from, unless they say otherwise. */
  binary: string;

  constructor(plane: ControlPlane, postgres: Postgres | undefined, dir: string, port: number, binary = faultline) {
    this.plane = plane;
    this.postgres = postgres;
    this.dir = dir;
    this.#port = port;
    this.binary = binary;
  }

  get server(): ServerProcess {
    if (!this.#server) throw new Error('the server is not running');
    return this.#server;
  }

  get controllers(): Child {
    if (!this.#controllers) throw new Error('the controllers are not running');
    return this.#controllers;
  }

  /** Gives servers that are started from now on a configuration. */
  async configureServer(yaml: string): Promise<void> {
    await writeFile(join(this.dir, 'server.yaml'), yaml);
    this.#configured = true;
  }

  /** Starts the server on its port and waits until it is ready. */
  async startServer(): Promise<void> {
    this.#server = await this.#spawnServer(this.#port, 'server');
  }

  /** A further server on the same database and a port of its own. */
  async startReplica(options: SpawnOptions = {}): Promise<ServerProcess> {
    const replica = await this.#spawnServer(await freePort(), options.name ?? 'replica', options);
    this.#extra.push(replica.child);
    return replica;
  }

  async stopServer(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#server?.child.stop(signal, 20_000);
    this.#server = undefined;
  }

  async startControllers(): Promise<void> {
    this.#controllers = await this.#spawnControllers('controllers', []);
  }

  /** A further process of controllers; its flags are stronger. */
  async startMoreControllers(name: string, args: readonly string[]): Promise<Child> {
    const child = await this.#spawnControllers(name, args);
    this.#extra.push(child);
    return child;
  }

  async #spawnControllers(name: string, args: readonly string[]): Promise<Child> {
    return await Child.start({
      name: `faultline ${name}`,
      command: node,
      args: [
        this.binary,
        'controllers',
        `--server=https://127.0.0.1:${this.#port}`,
        `--server-ca-file=${join(this.dir, 'serving-ca.pem')}`,
        `--token-file=${join(this.dir, 'controllers.token')}`,
        `--kubeconfig=${join(this.dir, 'controllers.kubeconfig')}`,
        `--config=${join(this.dir, 'faultline.yaml')}`,
        ...args,
      ],
      logPath: join(this.dir, `${name}.log`),
    });
  }

  async stopControllers(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#controllers?.stop(signal, 10_000);
    this.#controllers = undefined;
  }

  kubectl(args: readonly string[], options: Partial<KubectlOptions> = {}): Promise<KubectlResult> {
    return kubectl(args, { kubeconfig: this.plane.adminKubeconfigPath, ...options });
  }

  watch(args: readonly string[], options: Partial<KubectlOptions> = {}): KubectlWatch {
    return kubectlWatch(args, { kubeconfig: this.plane.adminKubeconfigPath, ...options });
  }

  /** Issues as JSON, through the aggregator. */
  async issues(where = ''): Promise<IssueJson[]> {
    const path = `/apis/faultline.dev/v1alpha1/${where ? `namespaces/${where}/` : ''}issues`;
    const response = await this.plane.request(path);
    if (response.status !== 200) throw new Error(`GET ${path}: ${response.status} ${response.body}`);
    return (JSON.parse(response.body) as { items: IssueJson[] }).items;
  }

  /** Waits until the issues of a namespace satisfy `done`; throws with what they were when they never do. */
  async until(where: string, done: (issues: IssueJson[]) => boolean, timeoutMs = 30_000): Promise<IssueJson[]> {
    const deadline = Date.now() + timeoutMs;
    let last: unknown;
    while (Date.now() < deadline) {
      const issues = await this.issues(where).catch((error: unknown) => {
        last = error;
        return undefined;
      });
      if (issues) {
        last = issues.map(({ metadata, status }) => `${metadata.name} ${status.state} ${status.reopened}`);
        if (done(issues)) return issues;
      }
      await sleep(50);
    }
    throw new Error(
      `the issues of ${where} never became what was waited for; last: ${String(last)}\n${await this.logs()}`,
    );
  }

  /** The ends of our logs, for a test that failed. */
  async logs(): Promise<string> {
    const tails = await Promise.all(
      ['server', 'controllers'].map(async (name) => {
        const text = await readFile(join(this.dir, `${name}.log`), 'utf8').catch(() => '(no log)');
        return `--- ${name}.log\n${text.split('\n').slice(-15).join('\n')}`;
      }),
    );
    return tails.join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopControllers('SIGKILL').catch(() => {});
    await this.stopServer('SIGKILL').catch(() => {});
    await Promise.all(this.#extra.map((child) => child.stop('SIGKILL', 1_000)));
    await this.plane[Symbol.asyncDispose]();
    await this.postgres?.[Symbol.asyncDispose]();
    await rm(this.dir, { recursive: true, force: true });
  }

  async #spawnServer(
    port: number,
    name: string,
    { args = [], databaseUrlFile, ready = true, binary = this.binary }: SpawnOptions = {},
  ): Promise<ServerProcess> {
    const urlFile = databaseUrlFile ?? (this.postgres && join(this.dir, 'database.url'));
    const database = urlFile
      ? [`--database-url-file=${urlFile}`]
      : ['--database=embedded', `--state-dir=${join(this.dir, 'state')}`];
    const child = await Child.start({
      name: `faultline ${name}`,
      command: node,
      args: [
        binary,
        'server',
        `--listen=127.0.0.1:${port}`,
        `--tls-cert-file=${join(this.dir, 'serving.pem')}`,
        `--tls-key-file=${join(this.dir, 'serving.key')}`,
        `--kubeconfig=${join(this.dir, 'server.kubeconfig')}`,
        '--shutdown-delay=0s',
        ...(this.#configured ? [`--config=${join(this.dir, 'server.yaml')}`] : []),
        ...database,
        ...args,
      ],
      logPath: join(this.dir, `${name}.log`),
    });
    if (ready === 'never') return { child, port };
    const path = ready ? 'readyz' : 'livez';
    await child.until(`answering /${path}`, () => isReady(`https://127.0.0.1:${port}/${path}`), 60_000);
    return { child, port };
  }
}

export interface IssueJson {
  metadata: { name: string; namespace: string; uid: string; resourceVersion: string; labels: Record<string, string> };
  spec: {
    source: string;
    subject: { kind: string; name: string; aspect?: string };
    key: string;
    reason: string;
    severity: string;
    title: string;
  };
  status: {
    state: string;
    occurrences: number;
    reopened: number;
    resolvedReason?: string;
    observed?: { name: string };
  };
}

/** A cluster with Tekton's CRDs, namespaces, our RBAC, a registered server and running controllers. */
export async function install(options: {
  namespaces: readonly string[];
  controlPlane?: ControlPlaneOptions;
  /** Text of the servers' faultline.yaml. Default: none. */
  serverConfiguration?: string;
  /** With `tcp` the servers come with a password. */
  postgres?: PostgresOptions;
  /** The `bin.js` of another build. */
  binary?: string;
}): Promise<Installation> {
  const [plane, postgres, dir] = await Promise.all([
    startControlPlane(options.controlPlane),
    embedded ? undefined : startPostgres({ fsync: false, ...options.postgres }),
    mkdtemp(join(tmpdir(), 'faultline-e2e-')),
  ]);
  const port = await freePort();
  const installation = new Installation(plane, postgres, dir, port, options.binary);
  try {
    await writeCredentials(plane, dir);
    if (postgres) await writeDatabaseUrl(postgres, dir, options.postgres?.tcp ?? false);
    if (options.serverConfiguration !== undefined) await installation.configureServer(options.serverConfiguration);
    await applyAll(plane, [
      ...options.namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
      ...tektonCrds(),
      ...(await manifest('rbac.yaml')),
      ...(await ownCrds()),
    ]);
    await installation.startServer();
    await registerApiService(plane, {
      group: 'faultline.dev',
      version: 'v1alpha1',
      port,
      caPem: plane.servingCa.certificatePem,
      namespace,
    });
    await installation.startControllers();
    return installation;
  } catch (error) {
    const logs = await installation.logs();
    await installation[Symbol.asyncDispose]();
    throw new Error(`the installation did not come up\n${logs}`, { cause: error });
  }
}

async function writeDatabaseUrl(postgres: Postgres, dir: string, tcp: boolean): Promise<void> {
  const url = await postgres.database('faultline');
  await writeFile(join(dir, 'database.url'), tcp ? postgres.tcpUrlOf('faultline') : url, { mode: 0o600 });
}

async function writeCredentials(plane: ControlPlane, dir: string): Promise<void> {
  const serving = await plane.servingCa.issue({
    commonName: `faultline.${namespace}.svc`,
    usage: 'server',
    dnsNames: [`faultline.${namespace}.svc`, 'localhost'],
    ipAddresses: ['127.0.0.1'],
  });
  await plane.request('/api/v1/namespaces', {
    method: 'POST',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  });
  const kubeconfigOf = async (account: string): Promise<string> =>
    kubeconfig({
      server: plane.url,
      caPem: plane.caPem,
      user: account,
      credentials: { token: await plane.serviceAccountToken(namespace, account) },
    });
  const files: Record<string, string> = {
    'serving.pem': serving.certificatePem,
    'serving.key': serving.keyPem,
    'serving-ca.pem': plane.servingCa.certificatePem,
    'server.kubeconfig': await kubeconfigOf('faultline-server'),
    'controllers.kubeconfig': await kubeconfigOf('faultline-controllers'),
    'controllers.token': await plane.serviceAccountToken(namespace, 'faultline-controllers'),
    'faultline.yaml':
      'apiVersion: config.faultline.dev/v1alpha1\nkind: FaultlineConfiguration\ncontrollers:\n  - {use: tekton/pipelinerun}\n',
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(dir, name), content, { mode: 0o600 });
}

async function ownCrds(): Promise<unknown[]> {
  const kinds = ['webhookreceivers', 'clusterwebhookreceivers', 'issuerules', 'clusterissuerules'];
  return await Promise.all(
    kinds.map(async (plural) =>
      parse(await readFile(join(root, 'crds', 'generated', `config.faultline.dev_${plural}.yaml`), 'utf8')),
    ),
  );
}

async function manifest(name: string): Promise<unknown[]> {
  const text = await readFile(join(root, 'manifests', 'base', name), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as unknown);
}

async function applyAll(plane: ControlPlane, objects: readonly unknown[]): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  const { code, stderr } = await kubectl(['apply', '--server-side', '-f', '-'], {
    kubeconfig: plane.adminKubeconfigPath,
    input: JSON.stringify(list),
  });
  if (code !== 0) throw new Error(`kubectl apply: ${stderr}`);
  const waited = await kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s'], {
    kubeconfig: plane.adminKubeconfigPath,
  });
  if (waited.code !== 0) throw new Error(`kubectl wait crd: ${waited.stderr}`);
}

async function isReady(url: string): Promise<boolean> {
  const { request } = await import('node:https');
  return new Promise((resolve) => {
    const outgoing = request(url, { rejectUnauthorized: false, timeout: 1_000 }, (incoming) => {
      incoming.resume();
      resolve(incoming.statusCode === 200);
    });
    outgoing.once('error', () => resolve(false));
    outgoing.end();
  });
}
