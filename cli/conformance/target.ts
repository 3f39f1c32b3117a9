import { Failure } from '../exit.ts';
import { didYouMean } from '../suggest.ts';
import type { Answer, ApiClient } from './client.ts';
import type { Loose, LooseResource } from './loose.ts';

/**
 * What is looked at. `aggregated`: an APIService with a Service of its own stands behind kube-apiserver; `built-in`:
 * kube-apiserver serves it itself (CRDs too); `direct`: the kubeconfig leads straight to the server.
 */
export type Path = 'aggregated' | 'built-in' | 'direct';

export interface Target {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: readonly LooseResource[];
  readonly path: Path;
  /** Undefined on the direct path. */
  readonly apiService: Loose | undefined;
  /** The namespace that was asked for. */
  readonly namespace: string | undefined;
}

/** `issues.faultline.dev`, or `issues.v1alpha1.faultline.dev`. */
export interface ResourceName {
  readonly plural: string;
  readonly group: string;
  readonly version?: string;
}

export function parseResourceName(text: string): ResourceName | undefined {
  const match = /^([a-z0-9-]+)\.(?:(v[0-9]+(?:(?:alpha|beta)[0-9]+)?)\.)?([a-z0-9]([-a-z0-9.]*[a-z0-9])?)$/.exec(text);
  if (!match) return undefined;
  const [, plural = '', version, group = ''] = match;
  return { plural, group, ...(version && { version }) };
}

export function apiVersionOf({ group, version }: Pick<Target, 'group' | 'version'>): string {
  return `${group}/${version}`;
}

/** `/apis/G/V`. */
export function groupVersionPath(target: Pick<Target, 'group' | 'version'>): string {
  return `/apis/${apiVersionOf(target)}`;
}

/** `/apis/G/V/namespaces/n/issues`, or of all namespaces. */
export function collectionPath(target: Target, namespace?: string): string {
  const base = groupVersionPath(target);
  return namespace && target.namespaced
    ? `${base}/namespaces/${namespace}/${target.plural}`
    : `${base}/${target.plural}`;
}

/** Finds the resource as kubectl does, by discovery. Throws a Failure of one line when there is none. */
export async function discover(api: ApiClient, name: ResourceName, namespace: string | undefined): Promise<Target> {
  const version = name.version ?? (await preferredVersion(api, name.group));
  const path = `/apis/${name.group}/${version}`;
  const list = (await asked(api, path)).resources ?? [];
  const entry = list.find((one) => one.name === name.plural);
  if (!entry) {
    const plurals = list.map((one) => one.name ?? '').filter((one) => !one.includes('/'));
    throw new Failure(
      `${name.group}/${version} has no resource "${name.plural}"${didYouMean(name.plural, plurals)}; it has ${plurals.join(', ')}`,
    );
  }
  const service = await api.send(`/apis/apiregistration.k8s.io/v1/apiservices/${version}.${name.group}`);
  const apiService = service.status === 200 ? service.json() : undefined;
  return {
    ...name,
    version,
    kind: entry.kind ?? '',
    singular: entry.singularName ?? '',
    namespaced: entry.namespaced ?? false,
    verbs: entry.verbs ?? [],
    subresources: list.filter((one) => one.name?.startsWith(`${name.plural}/`)),
    path: pathOf(apiService, service),
    apiService,
    namespace,
  };
}

/** Who may not read APIServices is behind kube-apiserver all the same: only a server without the group says 404. */
function pathOf(apiService: Loose | undefined, { status }: Answer): Path {
  if (apiService === undefined) return status === 403 ? 'aggregated' : 'direct';
  const { service } = (apiService.spec ?? {}) as { service?: unknown };
  return service ? 'aggregated' : 'built-in';
}

async function preferredVersion(api: ApiClient, group: string): Promise<string> {
  const { preferredVersion: preferred } = await asked<{ preferredVersion?: { version?: string } }>(
    api,
    `/apis/${group}`,
  );
  if (preferred?.version) return preferred.version;
  throw new Failure(`the API group ${group} has no preferred version: name one, as <plural>.<version>.${group}`);
}

async function asked<T = Loose>(api: ApiClient, path: string): Promise<T> {
  let answer: Answer;
  try {
    answer = await api.send(path);
  } catch (cause) {
    throw new Failure(`${api.server}: ${(cause as Error).message}`, { cause });
  }
  if (answer.status === 200) return answer.json<T>();
  const { message = answer.text.trim().slice(0, 200) } = saidBy(answer);
  throw new Failure(`${api.server} answered ${answer.question} with ${answer.status}: ${message}`);
}

function saidBy(answer: Answer): Loose {
  try {
    return answer.json();
  } catch {
    return {};
  }
}
