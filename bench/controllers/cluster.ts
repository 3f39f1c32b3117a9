import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type ControlPlane, startControlPlane } from '../../tests/controlplane/control-plane.ts';
import { kubectl } from '../../tests/controlplane/kubectl.ts';
import { tektonCrds } from '../../tests/e2e/pipelineruns.ts';
import { deleteAll, putAll, runKey } from './etcd.ts';
import { NAMESPACES, namespaceOf, type RunSize, storedRun } from './pipeline-runs.ts';
import { Recorder } from './recorder.ts';

/** A real kube-apiserver with Tekton's CRDs and the rights of `manifests/base`, and a recorder of reports. */
export interface Cluster extends Place, AsyncDisposable {
  readonly recorder: Recorder;
}

/** What a process of the controllers needs to run as in its pod. */
export interface Place {
  readonly plane: ControlPlane;
  readonly dir: string;
  /** Where reports go: `https://host:port`. */
  readonly server: string;
  /** The files of the ServiceAccount `faultline-controllers`, as in its pod. */
  readonly serviceAccount: string;
  /** The authority of the server's certificate. */
  readonly caFile: string;
}

export async function startCluster(): Promise<Cluster> {
  await using resources = new AsyncDisposableStack();
  const plane = resources.use(await startControlPlane());
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
  const serving = await plane.servingCa.issue({ commonName: 'recorder', usage: 'server', ...names });
  const recorder = resources.use(await Recorder.start(serving));
  await applyAll(plane, [
    ...['faultline-system', ...namespaceNames()].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    })),
    ...crdsOfOneVersion(),
  ]);
  await applyAll(plane, await rights());
  const place = resources.use(await preparePlace(plane, recorder.url));
  const owned = resources.move();
  return { ...place, recorder, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** kube-apiserver reads each change once for every version that it serves; nobody here watches the older one. */
function crdsOfOneVersion(): unknown[] {
  interface Crd {
    readonly spec: { readonly versions: readonly { readonly storage: boolean }[] };
  }
  return (tektonCrds() as Crd[]).map(({ spec, ...crd }) => ({
    ...crd,
    spec: { ...spec, versions: spec.versions.filter(({ storage }) => storage) },
  }));
}

/** The files of a pod of the controllers; the rights of `manifests/base` must be there. */
export async function preparePlace(plane: ControlPlane, server: string): Promise<Place & AsyncDisposable> {
  const dir = await mkdtemp(join(tmpdir(), 'faultline-bench-controllers-'));
  const serviceAccount = join(dir, 'serviceaccount');
  await mkdir(serviceAccount);
  await writeFile(join(serviceAccount, 'ca.crt'), plane.caPem);
  const token = await plane.serviceAccountToken('faultline-system', 'faultline-controllers');
  await writeFile(join(serviceAccount, 'token'), token, { mode: 0o600 });
  const caFile = join(dir, 'serving-ca.crt');
  await writeFile(caFile, plane.servingCa.certificatePem);
  const remove = (): Promise<void> => rm(dir, { recursive: true, force: true });
  return { plane, dir, server, serviceAccount, caFile, [Symbol.asyncDispose]: remove };
}

export function namespaceNames(): string[] {
  return Array.from({ length: NAMESPACES }, (_, index) => namespaceOf(index));
}

/** Instead of the runs that were there: `count` runs of these sizes. Resolves when a list has them all. */
export async function fill(
  { plane }: Cluster,
  count: number,
  sizeOf: (index: number) => RunSize,
): Promise<{ bytes: number }> {
  await deleteAll(plane.etcdUrl, runKey('', '').replace(/\/+$/, '/'));
  const now = Date.now();
  let bytes = 0;
  const runs = function* () {
    for (let index = 0; index < count; index++) {
      const value = storedRun(index, sizeOf(index), { now });
      bytes += JSON.stringify(value).length;
      yield { key: runKey(value.metadata.namespace, value.metadata.name), value };
    }
  };
  await putAll(plane.etcdUrl, runs());
  await untilListed(plane, count);
  return { bytes };
}

async function untilListed(plane: ControlPlane, count: number): Promise<void> {
  const path = '/apis/tekton.dev/v1/pipelineruns?resourceVersion=0';
  const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
  for (let attempt = 0; ; attempt++) {
    const { status, body } = await plane.request(path, { headers: { accept }, timeoutMs: 60_000 });
    const listed = status === 200 ? ((JSON.parse(body) as { items: unknown[] | null }).items ?? []).length : -1;
    if (listed === count) return;
    if (attempt === 300) throw new Error(`${listed} runs are listed, not ${count} (HTTP ${status})`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function rights(): Promise<unknown[]> {
  const text = await readFile(join(import.meta.dirname, '../../manifests/base/rbac.yaml'), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as unknown);
}

export async function applyAll(plane: ControlPlane, items: readonly unknown[]): Promise<void> {
  const kubeconfig = plane.adminKubeconfigPath;
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const { code, stderr } = await kubectl(['apply', '--server-side', '-f', '-'], { kubeconfig, input });
  if (code !== 0) throw new Error(`kubectl apply: ${stderr}`);
  const waiting = ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s'];
  const waited = await kubectl(waiting, { kubeconfig });
  if (waited.code !== 0) throw new Error(`kubectl wait crd: ${waited.stderr}`);
}
