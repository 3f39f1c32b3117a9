import { ClusterApiError, type WritingClusterApi } from '../../apiserver/kube/access/index.ts';
import { faultText, type WriteReceiverStatus } from '../../apiserver/receivers/index.ts';
import type { Condition } from '../../crds/meta.ts';
import { CONFIG_API_VERSION } from '../../crds/names.ts';
import { formatTime } from '../../crds/time.ts';
import type { Log } from '../log.ts';

interface Status {
  readonly observedGeneration?: number;
  readonly path?: string;
  readonly conditions?: readonly Condition[];
}

/**
 * Writes whether a receiver is accepted into its status: the condition `Accepted` with the first faults and their
 * places, and the path that senders post to. Every replica says the same, so what is there already is not written
 * again; who may not write (403) says so once and goes on.
 */
export function receiverStatus(api: WritingClusterApi, log: Log, now: () => number): WriteReceiverStatus {
  let forbidden = false;
  return async (object, kind, { path, faults }) => {
    const { name, namespace, generation } = object.metadata;
    const before = (object.status ?? {}) as Status;
    const accepted = faults.length === 0;
    const condition: Condition = {
      type: 'Accepted',
      status: accepted ? 'True' : 'False',
      reason: accepted ? 'Valid' : 'Invalid',
      message: accepted ? 'takes deliveries' : faults.slice(0, 5).map(faultText).join('; ').slice(0, 4_000),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      lastTransitionTime: formatTime(now()),
    };
    const known = before.conditions?.find(({ type }) => type === condition.type);
    const same = known?.status === condition.status && known.message === condition.message;
    if (same && before.observedGeneration === generation) return;
    if (known?.status === condition.status) condition.lastTransitionTime = known.lastTransitionTime;
    const status = { observedGeneration: generation, path: `/api/v1/receivers/${path}`, conditions: [condition] };
    const place = namespace === undefined ? '' : `/namespaces/${namespace}`;
    const resource = `${kind.toLowerCase()}s`;
    try {
      await api.patch(`/apis/${CONFIG_API_VERSION}${place}/${resource}/${name}/status`, { status });
    } catch (error) {
      const code = error instanceof ClusterApiError ? error.status : undefined;
      if (code === 404 || (code === 403 && forbidden)) return;
      forbidden ||= code === 403;
      log.warn({ receiver: path, error }, 'the status of a receiver cannot be written');
    }
  };
}
