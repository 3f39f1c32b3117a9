import type { IssueEvidenceStatus } from '../../crds/issue-evidence.ts';
import type { Asker } from '../reading/ask.ts';
import { Refusal } from '../reading/fault.ts';

/** A container whose log may say more. */
export interface LogPlace {
  readonly pod: string;
  readonly container: string;
}

/** What somebody looked at: the observed object, or its part that failed. */
export interface Looked {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

interface Pod {
  readonly metadata: { readonly name: string; readonly creationTimestamp?: string };
  readonly spec?: { readonly initContainers?: Container[]; readonly containers?: Container[] };
  readonly status?: {
    readonly initContainerStatuses?: ContainerStatus[];
    readonly containerStatuses?: ContainerStatus[];
  };
}
interface Container {
  readonly name: string;
}
interface ContainerStatus {
  readonly name: string;
  readonly state?: { readonly terminated?: { readonly exitCode?: number }; readonly waiting?: object };
}

/** The log that was recorded names its Pod; else the Pods of what was observed, the newest. Empty: there are none. */
export async function placesOf(
  asker: Asker,
  namespace: string,
  evidence: IssueEvidenceStatus | undefined,
  observed: Looked | undefined,
  container: string | undefined,
): Promise<LogPlace[]> {
  const pod = await podOf(asker, namespace, evidence, observed);
  if (pod === undefined) return [];
  const { initContainers = [], containers = [] } = pod.spec ?? {};
  const all = [...initContainers, ...containers].map(({ name }) => name);
  const wanted = container ?? (evidence?.log?.pod === pod.metadata.name ? evidence.log.container : undefined);
  if (wanted !== undefined) return [{ pod: pod.metadata.name, container: wanted }];
  const failed = all.filter((name) => hasFailed(pod, name));
  return (failed.length > 0 ? failed : all).map((name) => ({ pod: pod.metadata.name, container: name }));
}

/** Whether nothing more is written: the container terminated, or its Pod is gone. */
export async function hasEnded(asker: Asker, namespace: string, { pod, container }: LogPlace): Promise<boolean> {
  const found = await get<Pod>(asker, `${core(namespace)}/pods/${pod}`);
  return found === undefined || statusOf(found, container)?.state?.terminated !== undefined;
}

function hasFailed(pod: Pod, container: string): boolean {
  return (statusOf(pod, container)?.state?.terminated?.exitCode ?? 0) !== 0;
}

function statusOf({ status = {} }: Pod, container: string): ContainerStatus | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = status;
  return [...initContainerStatuses, ...containerStatuses].find(({ name }) => name === container);
}

async function podOf(
  asker: Asker,
  namespace: string,
  evidence: IssueEvidenceStatus | undefined,
  observed: Looked | undefined,
): Promise<Pod | undefined> {
  const recorded = evidence?.log?.pod;
  const found = recorded === undefined ? undefined : await get<Pod>(asker, `${core(namespace)}/pods/${recorded}`);
  if (found !== undefined) return found;
  for (const looked of [evidence?.failing, observed]) {
    const pod = looked && (await podOfObject(asker, namespace, looked));
    if (pod !== undefined) return pod;
  }
  return undefined;
}

/** By the labels with which controllers of Kubernetes and Tekton mark their Pods. */
const POD_LABELS: Readonly<Record<string, string>> = {
  PipelineRun: 'tekton.dev/pipelineRun',
  TaskRun: 'tekton.dev/taskRun',
  Job: 'batch.kubernetes.io/job-name',
};
const SELECTING: Readonly<Record<string, string>> = {
  Deployment: 'deployments', ReplicaSet: 'replicasets', StatefulSet: 'statefulsets', DaemonSet: 'daemonsets',
}; // biome-ignore format: one line reads better

async function podOfObject(asker: Asker, namespace: string, { kind, name }: Looked): Promise<Pod | undefined> {
  if (kind === 'Pod') return await get<Pod>(asker, `${core(namespace)}/pods/${name}`);
  const label = POD_LABELS[kind];
  const plural = SELECTING[kind];
  const selector =
    label !== undefined ? `${label}=${name}` : plural && (await selectorOf(asker, namespace, plural, name));
  if (!selector) return undefined;
  const query = new URLSearchParams({ labelSelector: selector });
  const list = await get<{ items: Pod[] }>(asker, `${core(namespace)}/pods?${query}`);
  const newest = (a: Pod, b: Pod) =>
    (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '');
  const pods = (list?.items ?? []).toSorted(newest);
  return pods.find(hasFailedContainer) ?? pods[0];
}

function hasFailedContainer(pod: Pod): boolean {
  const { initContainers = [], containers = [] } = pod.spec ?? {};
  return [...initContainers, ...containers].some(({ name }) => hasFailed(pod, name));
}

async function selectorOf(asker: Asker, namespace: string, plural: string, name: string): Promise<string | undefined> {
  const object = await get<{ spec?: { selector?: { matchLabels?: Record<string, string> } } }>(
    asker,
    `/apis/apps/v1/namespaces/${namespace}/${plural}/${name}`,
  );
  const labels = Object.entries(object?.spec?.selector?.matchLabels ?? {});
  return labels.length === 0 ? undefined : labels.map(([key, value]) => `${key}=${value}`).join(',');
}

function core(namespace: string): string {
  return `/api/v1/namespaces/${namespace}`;
}

/** Undefined when it is gone, or this server serves issues alone. */
async function get<T>(asker: Asker, path: string): Promise<T | undefined> {
  try {
    return (await asker.json<T>(path)).body;
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return undefined;
    throw error;
  }
}
