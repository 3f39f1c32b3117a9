import type { Kinds, ServedKind } from '../../apiserver/explanations/index.ts';
import { type ClusterApi, createClusterApi } from '../../apiserver/kube/access/index.ts';
import type { ObjectReference } from '../../crds/explanation.ts';
import type { ClusterConnection } from '../cluster/connection.ts';

/** One request lists every kind of every group (Kubernetes ≥ 1.27). */
const DISCOVERY =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,' +
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';
const FRESH_MS = 60_000;

/** The kinds of a live cluster, by any of their names, as kubectl finds them: the core API first. */
export function clusterKinds(connection: ClusterConnection, now: () => number): Kinds & AsyncDisposable {
  const headers = async () => ({ ...(await connection.headers()), accept: DISCOVERY });
  const api = createClusterApi({ ...connection, headers });
  let known: { readonly at: number; readonly kinds: Promise<readonly NamedKind[]> } | undefined;
  const kinds = (): Promise<readonly NamedKind[]> => {
    if (known === undefined || now() - known.at > FRESH_MS) {
      const asked = discoverAll(api);
      const mine = { at: now(), kinds: asked };
      known = mine;
      // A failure is not remembered: the next question asks again.
      asked.catch(() => {
        if (known === mine) known = undefined;
      });
    }
    return known.kinds;
  };
  return {
    async resolve(reference) {
      return (await kinds()).find((kind) => isMeant(reference, kind));
    },
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
}

interface NamedKind extends ServedKind {
  readonly names: ReadonlySet<string>;
}

interface GroupDiscovery {
  readonly metadata?: { readonly name?: string };
  readonly versions?: readonly {
    readonly version: string;
    readonly resources?: readonly {
      readonly resource: string;
      readonly responseKind?: { readonly kind?: string };
      readonly scope?: string;
      readonly singularResource?: string;
      readonly shortNames?: readonly string[];
    }[];
  }[];
}

function isMeant({ group, kind }: ObjectReference, { group: served, names }: NamedKind): boolean {
  return (group === undefined || group === served) && names.has(kind.toLowerCase());
}

async function discoverAll(api: ClusterApi): Promise<readonly NamedKind[]> {
  const lists = (await Promise.all([api.get('/api'), api.get('/apis')])) as { items?: readonly GroupDiscovery[] }[];
  if (lists.some(({ items }) => !Array.isArray(items))) {
    throw new Error('the cluster does not list its kinds at once: explain needs Kubernetes 1.27 or newer');
  }
  return lists.flatMap(({ items = [] }) => items.flatMap(kindsOf));
}

/** Of each kind the version that the cluster prefers. */
function kindsOf({ metadata, versions = [] }: GroupDiscovery): NamedKind[] {
  const group = metadata?.name ?? '';
  const kinds = new Map<string, NamedKind>();
  for (const { version, resources = [] } of versions) {
    for (const { resource, responseKind, scope, singularResource = '', shortNames = [] } of resources) {
      const kind = responseKind?.kind ?? '';
      if (kinds.has(resource)) continue;
      const names = new Set([resource, singularResource, kind.toLowerCase(), ...shortNames].filter(Boolean));
      kinds.set(resource, { group, version, resource, kind, namespaced: scope === 'Namespaced', names });
    }
  }
  return [...kinds.values()];
}
