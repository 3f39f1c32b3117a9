import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { Child } from '../../tests/controlplane/child.ts';
import { freePort } from '../../tests/controlplane/ports.ts';
import { asInPod } from '../product/pod.ts';
import type { BenchContext } from '../scenario.ts';
import type { Place } from './cluster.ts';

/** A process that watches the cluster and reports. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** Its Prometheus text; '' when it serves none. */
  metrics(): Promise<string>;
}

export interface ControllersStart {
  /** Text of faultline.yaml. Default `tekton/pipelinerun` alone. */
  readonly configuration?: string;
}

const CONFIGURATION =
  'apiVersion: config.faultline.dev/v1alpha1\nkind: FaultlineConfiguration\ncluster: {inCluster: true}\ncontrollers:\n  - {use: tekton/pipelinerun}\n';

/** `faultline controllers` (dist) as in its pod of `manifests/base`, with the environment that is written there. */
export async function startFaultline(
  { nodeFlags, environment = {} }: BenchContext,
  place: Place,
  { configuration = CONFIGURATION }: ControllersStart = {},
): Promise<Running> {
  const config = join(place.dir, 'faultline.yaml');
  await writeFile(config, configuration);
  const metricsPort = await freePort();
  const args = [
    ...nodeFlags,
    join(import.meta.dirname, '../../dist/cli/bin.js'),
    'controllers',
    `--config=${config}`,
    `--server=${place.server}`,
    `--server-ca-file=${place.caFile}`,
    `--token-file=${join(place.serviceAccount, 'token')}`,
    `--metrics-listen=127.0.0.1:${metricsPort}`,
  ];
  const child = await start('faultline controllers', place, process.execPath, args, environment);
  const metrics = async (): Promise<string> => await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  return { pid: child.pid, metrics, [Symbol.asyncDispose]: () => child.stop('SIGTERM', 10_000) };
}

export interface GoStart {
  readonly cache: 'default' | 'stripped';
  /** Streamed lists, which client-go 0.34 does not use by itself. */
  readonly watchList?: boolean;
}

/** The controller on controller-runtime, with the rights and from the place of ours. */
export async function startGo(binary: string, place: Place, { cache, watchList = false }: GoStart): Promise<Running> {
  const args = [`-cache=${cache}`, `-server=${place.server}`, `-server-ca-file=${place.caFile}`];
  const env = watchList ? { KUBE_FEATURE_WatchListClient: 'true' } : {};
  const child = await start(`controller-runtime (${cache})`, place, binary, args, env);
  return { pid: child.pid, metrics: async () => '', [Symbol.asyncDispose]: () => child.stop('SIGTERM', 10_000) };
}

async function start(
  name: string,
  { plane, serviceAccount, dir }: Place,
  command: string,
  args: readonly string[],
  extra: Readonly<Record<string, string>> = {},
): Promise<Child> {
  const { hostname, port } = new URL(plane.url);
  const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port, ...(await manifestEnvironment()) };
  const logPath = join(dir, `${name.replaceAll(/\W+/g, '-')}.log`);
  return await Child.start({ name, ...asInPod(serviceAccount, command, args), logPath, env: { ...env, ...extra } });
}

/** The environment of the controllers' container in `manifests/base`. */
async function manifestEnvironment(): Promise<Record<string, string>> {
  interface Workload {
    readonly spec?: { readonly template?: { readonly spec: { readonly containers: readonly Container[] } } };
  }
  interface Container {
    readonly env?: readonly { readonly name: string; readonly value?: string }[];
  }
  const text = await readFile(join(import.meta.dirname, '../../manifests/base/controllers.yaml'), 'utf8');
  const workloads = parseAllDocuments(text).map((document) => document.toJS() as Workload);
  const variables = workloads
    .flatMap(({ spec }) => spec?.template?.spec.containers ?? [])
    .flatMap(({ env = [] }) => env);
  return Object.fromEntries(variables.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
}
