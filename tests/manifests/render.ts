import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse, parseAllDocuments } from 'yaml';
import { kubernetesVersion } from '../controlplane/assets.ts';
import { kubectls } from '../controlplane/kubectl.ts';
import { tools } from './tools.ts';

export const root = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);

export const chart = join(root, 'manifests', 'chart');
export const NAMESPACE = 'faultline-system';

/** Overlay → what of the chart renders to the same. */
export const OVERLAYS: Readonly<Record<string, readonly string[]>> = {
  dev: [],
  ha: ['--values=values-ha.yaml'],
  'cert-manager': ['--values=values-cert-manager.yaml'],
  openshift: ['--values=values-openshift.yaml'],
  'private-control-plane': ['--values=values-private-control-plane.yaml'],
};

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [member: string]: unknown;
}

export interface PodSpec {
  readonly serviceAccountName: string;
  readonly priorityClassName?: string;
  readonly containers: readonly Container[];
  readonly volumes: readonly Volume[];
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly securityContext: { readonly readOnlyRootFilesystem: boolean };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string | number; readonly scheme?: 'HTTP' | 'HTTPS' };
}

interface Projection {
  readonly items?: readonly { readonly key: string; readonly path: string }[];
}

export interface Volume {
  readonly name: string;
  readonly configMap?: Projection & { readonly name: string };
  readonly secret?: Projection & { readonly secretName: string };
  readonly emptyDir?: object;
  readonly persistentVolumeClaim?: { readonly claimName: string };
}

export interface Deployment extends Manifest {
  readonly spec: { readonly replicas: number; readonly template: { readonly spec: PodSpec } };
}

export interface Binding extends Manifest {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
}

/** What `kubectl kustomize` prints for a folder: absolute, or below manifests/. */
export async function kustomize(folder: string): Promise<Manifest[]> {
  const kubectl = kubectls().at(-1)?.path ?? 'kubectl';
  const { stdout } = await run(kubectl, ['kustomize', resolve(root, 'manifests', folder)], OUTPUT);
  return manifestsIn(stdout);
}

/** What `helm template` prints. Values files are those of the chart; rejects with what Helm says. */
export async function helmTemplate(args: readonly string[] = []): Promise<Manifest[]> {
  // A helm that is built without its link flags takes a cluster for Kubernetes 1.20.
  const version = `--kube-version=${await kubernetesVersion()}`;
  return manifestsIn(await helm(['template', 'faultline', '.', `--namespace=${NAMESPACE}`, version, ...args]));
}

/** Standard output of helm, in the chart's folder. Rejects with what it says. */
export async function helm(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  // Its caches would otherwise come into the folder where it runs, and so into the chart.
  const HOME = join(tmpdir(), 'faultline-helm');
  const options = { ...OUTPUT, cwd: chart, env: { PATH: process.env.PATH ?? '', HOME, ...env } };
  const { stdout } = await run((await tools()).helm, [...args], options);
  return stdout;
}

const OUTPUT = { maxBuffer: 64 << 20 };

function manifestsIn(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((one) => one !== null);
}

/** `Deployment faultline-system/faultline-server`. */
export function nameOf({ kind, metadata: { name, namespace } }: Manifest): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** The one of this kind and name; throws when there is none. */
export function find<Kind extends Manifest = Manifest>(
  manifests: readonly Manifest[],
  kind: string,
  name: string,
): Kind {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name);
  if (!found) throw new Error(`there is no ${kind} ${name}`);
  return found as Kind;
}

/** By name, texts that are YAML as what they mean, volumes in any order, and without what only Helm or only kustomize has. */
export function comparable(manifests: readonly Manifest[]): Record<string, unknown> {
  return Object.fromEntries(
    manifests
      // `helm install --create-namespace` makes it.
      .filter(({ kind }) => kind !== 'Namespace')
      .map((one) => [nameOf(one), one.kind === 'ConfigMap' ? withParsedData(one) : inOrder(withoutHelm(one))]),
  );
}

function inOrder(one: Manifest): Manifest {
  if (!isDeployment(one)) return one;
  const { spec } = one.spec.template;
  const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
  const containers = spec.containers.map((each) => ({ ...each, volumeMounts: each.volumeMounts.toSorted(byName) }));
  const sorted = { ...spec, containers, volumes: spec.volumes.toSorted(byName) };
  return { ...one, spec: { ...one.spec, template: { ...one.spec.template, spec: sorted } } };
}

export function isDeployment(one: Manifest): one is Deployment {
  return one.kind === 'Deployment';
}

function withParsedData({ data, ...rest }: Manifest): object {
  const parsed = Object.entries((data ?? {}) as Record<string, string>).map(([key, text]) => [key, parse(text)]);
  return { ...rest, data: Object.fromEntries(parsed) };
}

function withoutHelm(one: Manifest): Manifest {
  const { 'helm.sh/resource-policy': _, ...annotations } = one.metadata.annotations ?? {};
  const { annotations: __, ...metadata } = one.metadata;
  return { ...one, metadata: { ...metadata, ...(Object.keys(annotations).length > 0 && { annotations }) } };
}
