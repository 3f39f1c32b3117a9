import { type NamespaceIdentity, type Namespaces, NamespacesUnavailable } from '../../apiserver/ingest/index.ts';
import { type ClusterApi, ClusterApiError } from '../../apiserver/kube/access/index.ts';
import { DNS_LABEL } from '../../crds/names.ts';
import { parseTime } from '../../crds/time.ts';

type Answer = NamespaceIdentity | 'missing' | 'terminating';

// One that is deleted and made again gets another uid: after this long at the latest it is noticed.
const KNOWN_MS = 30_000;
// Shorter: a namespace that was just made must not be refused for long.
const ABSENT_MS = 2_000;
const MAX_NAMESPACES = 20_000;

export interface ClusterNamespaces extends Namespaces {
  /** Something happened to this one: it is asked about again. */
  forget(name: string): void;
}

/**
 * Namespaces as the cluster has them (design.md decision 11): asked one by one, when a report names one. Rejects with
 * NamespacesUnavailable when the cluster does not answer.
 */
export function clusterNamespaces(api: ClusterApi, now: () => number): ClusterNamespaces {
  const known = new Map<string, { answer: Answer; until: number }>();
  const pending = new Map<string, Promise<Answer>>();

  function ask(name: string): Promise<Answer> {
    const asked = readNamespace(api, name).then((answer) => {
      // One that was forgotten meanwhile is an answer from before.
      if (pending.get(name) === asked) {
        if (known.size >= MAX_NAMESPACES) known.clear();
        known.set(name, { answer, until: now() + (typeof answer === 'string' ? ABSENT_MS : KNOWN_MS) });
      }
      return answer;
    });
    const settled = (): void => {
      if (pending.get(name) === asked) pending.delete(name);
    };
    asked.then(settled, settled);
    pending.set(name, asked);
    return asked;
  }

  return {
    resolve(name) {
      if (!DNS_LABEL.test(name)) return 'missing';
      const found = known.get(name);
      if (found !== undefined && found.until > now()) return found.answer;
      return pending.get(name) ?? ask(name);
    },
    forget(name) {
      known.delete(name);
      pending.delete(name);
    },
  };
}

async function readNamespace(api: ClusterApi, name: string): Promise<Answer> {
  try {
    const { metadata, status } = (await api.get(`/api/v1/namespaces/${name}`)) as NamespaceObject;
    if (!metadata?.uid) throw new NamespacesUnavailable(`namespace ${name} has no uid`);
    if (metadata.deletionTimestamp !== undefined || status?.phase === 'Terminating') return 'terminating';
    const createdAt = parseTime(metadata.creationTimestamp);
    return { uid: metadata.uid, ...(createdAt === undefined ? {} : { createdAt: createdAt * 1_000 }) };
  } catch (cause) {
    if (cause instanceof ClusterApiError && cause.status === 404) return 'missing';
    if (cause instanceof NamespacesUnavailable) throw cause;
    throw new NamespacesUnavailable(`cannot ask the cluster about namespace ${name}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

interface NamespaceObject {
  readonly metadata?: {
    readonly uid?: string;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
  };
  readonly status?: { readonly phase?: string };
}
