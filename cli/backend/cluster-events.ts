import type { EventWriter, WriteAnswer } from '../../apiserver/events/index.ts';
import { ClusterApiError, type WritingClusterApi } from '../../apiserver/kube/access/index.ts';

/** Writes core/v1 Events to a cluster: needs `create` and `patch` on `events`. */
export function clusterEvents(api: WritingClusterApi): EventWriter {
  return {
    create: (event, signal) =>
      answer(() => api.post(pathOf(event.metadata.namespace), event, { signal }), { existsIsWritten: true }),
    repeat: ({ namespace, name }, change, signal) =>
      answer(() => api.patch(`${pathOf(namespace)}/${name}`, change, { signal })),
  };
}

function pathOf(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/events`;
}

async function answer(write: () => Promise<unknown>, { existsIsWritten = false } = {}): Promise<WriteAnswer> {
  try {
    await write();
    return { outcome: 'written' };
  } catch (error) {
    if (!(error instanceof ClusterApiError)) throw error;
    const { status, message, causes, retriable } = error;
    if (status === undefined) return { outcome: 'unreachable', message };
    if (status === 409 && existsIsWritten) return { outcome: 'written' };
    if (status === 404) return { outcome: 'missing', message };
    if (causes.includes('NamespaceTerminating')) return { outcome: 'terminating', message };
    // 409 of a patch: somebody else wrote at the same time. 401: a token that is just being renewed.
    if (retriable || status === 409 || status === 401) return { outcome: 'busy', status, message };
    return { outcome: 'refused', status, message };
  }
}
