import { answerError } from '../discovery.ts';
import type { KubeClient, KubeResponse } from '../kube-client.ts';
import type { Logger } from '../logger.ts';
import { type ClusterObject, isRecord, type JsonObject } from '../object.ts';
import { createReflector } from '../reflector.ts';
import type { LeaseChange, LeaseRecord, LeaseStore, StoredLease } from './lease.ts';

export interface KubeLeasesOptions {
  /** Not that of the watches of a source: a renewal must not wait behind lists. */
  readonly client: KubeClient;
  readonly namespace: string;
  /** What the replicas have in common: in the label `faultline.dev/leases` of every Lease, by which they are watched. */
  readonly group: string;
  readonly logger: Logger;
}

const API_VERSION = 'coordination.k8s.io/v1';
const RULE = '{apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, list, watch, create, update]}';
const GROUP_LABEL = 'faultline.dev/leases';

/** A Lease as it was read, so that an update keeps what others wrote: labels, annotations, owners. */
interface KubeLease extends StoredLease {
  readonly object: JsonObject;
}

/** Leases of a cluster, in one namespace. Needs get, create, update, list and watch there (manifests/base/rbac.yaml). */
export function kubeLeases(options: KubeLeasesOptions): LeaseStore {
  const { client, namespace, group } = options;
  const collection = `/apis/${API_VERSION}/namespaces/${namespace}/leases`;
  const send = async (method: 'POST' | 'PUT', path: string, object: object, signal: AbortSignal) => {
    const answer = await client.request(path, { method, body: JSON.stringify(object), signal });
    return await leaseOf(answer, [409, ...(method === 'PUT' ? [404] : [])], namespace);
  };
  return {
    get: async (name, signal) => leaseOf(await client.request(`${collection}/${name}`, { signal }), [404], namespace),
    create(name, record, signal) {
      const metadata = { name, namespace, labels: { [GROUP_LABEL]: group } };
      const object = { apiVersion: API_VERSION, kind: 'Lease', metadata, spec: specOf(record) };
      return send('POST', collection, object, signal);
    },
    update(read, record, signal) {
      const { object } = read as KubeLease;
      const spec = { ...(isRecord(object.spec) ? object.spec : {}), ...specOf(record) };
      return send('PUT', `${collection}/${read.name}`, { ...object, spec }, signal);
    },
    watch: (signal) => watchLeases(options, signal),
  };
}

async function* watchLeases(options: KubeLeasesOptions, signal: AbortSignal): AsyncGenerator<LeaseChange, void, void> {
  const { client, namespace, group, logger } = options;
  const labelSelector = `${GROUP_LABEL}=${group}`;
  const request = { apiVersions: [API_VERSION], kind: 'Lease', namespace, labelSelector };
  let complained = '';
  for await (const event of createReflector({ client, logger }, request).watch(signal)) {
    if (event.type === 'applied') yield changeOf(event.object);
    else if (event.type === 'deleted') yield { name: event.object.metadata.name, lease: undefined };
    else if (event.type === 'listed') yield* event.objects.map(changeOf);
    else if (event.type === 'waiting' && event.fault.message !== complained) {
      complained = event.fault.message;
      // Standbys ask as well: without it they only take longer to notice.
      logger.warn({ error: complained }, 'leases cannot be watched');
    } else if (event.type === 'synced' || event.type === 'watching') complained = '';
  }
}

/** `expected`: statuses that mean "it is not so" rather than a fault. */
async function leaseOf(
  answer: KubeResponse,
  expected: readonly number[],
  namespace: string,
): Promise<KubeLease | undefined> {
  const text = await answer.text();
  if (answer.status === 200 || answer.status === 201) return kubeLease(JSON.parse(text) as ClusterObject);
  if (expected.includes(answer.status)) return undefined;
  const error = answerError(answer.status, text, answer.retryAfterMs);
  if (answer.status !== 403) throw error;
  throw new Error(`${error.message}: a Role in ${namespace} needs ${RULE}, or switch the election off`);
}

function changeOf(object: ClusterObject): LeaseChange {
  return { name: object.metadata.name, lease: kubeLease(object) };
}

function kubeLease(object: ClusterObject): KubeLease {
  const spec = isRecord(object.spec) ? object.spec : {};
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const count = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
  return {
    name: object.metadata.name,
    version: object.metadata.resourceVersion ?? '',
    record: {
      holderIdentity: text(spec.holderIdentity),
      leaseDurationSeconds: count(spec.leaseDurationSeconds),
      acquireTime: text(spec.acquireTime),
      renewTime: text(spec.renewTime),
      leaseTransitions: count(spec.leaseTransitions),
    },
    object: object as unknown as JsonObject,
  };
}

/** An absent holder is how Kubernetes writes nobody; client-go writes an empty one, and both are read as that. */
function specOf({
  holderIdentity,
  leaseDurationSeconds,
  acquireTime,
  renewTime,
  leaseTransitions,
}: LeaseRecord): object {
  return { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions };
}
