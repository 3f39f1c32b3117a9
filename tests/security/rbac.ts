import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { ClusterApi } from '../../apiserver/kube/access/index.ts';

/** The cluster that the server asks: tokens, and the ClusterRoles of manifests/base bound to people as Kubernetes evaluates them. */
export interface Binding {
  readonly user?: string;
  readonly group?: string;
  /** A ClusterRole of the manifests; `view`, `edit` and `admin` are what aggregates to them. */
  readonly role: string;
  /** Absent: a ClusterRoleBinding. */
  readonly namespace?: string;
}

export interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly rules?: readonly Rule[];
}

interface Review {
  readonly spec: {
    readonly user: string;
    readonly groups?: readonly string[];
    readonly token?: string;
    readonly resourceAttributes?: {
      readonly namespace?: string;
      readonly verb: string;
      readonly group?: string;
      readonly resource: string;
      readonly subresource?: string;
      readonly name?: string;
    };
    readonly nonResourceAttributes?: { readonly path: string; readonly verb: string };
  };
}

const ROOT = join(import.meta.dirname, '../..');
const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-';

/** Of manifests/base and manifests/monitoring. */
export function clusterRoles(): Role[] {
  return ['manifests/base/rbac.yaml', 'manifests/monitoring/access.yaml'].flatMap((file) =>
    parseAllDocuments(readFileSync(join(ROOT, file), 'utf8'))
      .map((document) => document.toJS() as Role)
      .filter(({ kind }) => kind === 'ClusterRole'),
  );
}

/** Rules that Kubernetes itself gives. */
const OF_KUBERNETES: readonly Role[] = [
  {
    kind: 'ClusterRole',
    metadata: { name: 'system:discovery' },
    rules: [
      {
        nonResourceURLs: [
          '/api',
          '/api/*',
          '/apis',
          '/apis/*',
          '/healthz',
          '/livez',
          '/openapi',
          '/openapi/*',
          '/readyz',
          '/version',
          '/version/',
        ],
        verbs: ['get'],
      },
    ],
  },
  {
    kind: 'ClusterRole',
    metadata: { name: 'system:public-info-viewer' },
    rules: [{ nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'], verbs: ['get'] }],
  },
];

export class TestCluster implements ClusterApi {
  readonly #roles: readonly Role[];
  readonly #bindings: readonly Binding[];
  /** Tokens, by the user that they speak for. */
  readonly #tokens: ReadonlyMap<string, string>;

  constructor(bindings: readonly Binding[], tokens: ReadonlyMap<string, string>, more: readonly Role[] = []) {
    this.#roles = [...clusterRoles(), ...OF_KUBERNETES, ...more];
    this.#bindings = bindings;
    this.#tokens = tokens;
  }

  get(path: string): Promise<unknown> {
    return Promise.reject(new Error(`GET ${path} is not expected`));
  }

  async post(path: string, body: unknown): Promise<unknown> {
    const { spec } = body as Review;
    if (path.endsWith('/tokenreviews')) {
      const username = this.#tokens.get(spec.token ?? '');
      if (username === undefined) return { status: { authenticated: false } };
      return { status: { authenticated: true, user: { username, groups: ['system:authenticated'] } } };
    }
    return { status: { allowed: this.#bindings.some((binding) => this.#allows(binding, spec)) } };
  }

  #allows({ user, group, role, namespace }: Binding, spec: Review['spec']): boolean {
    if (user !== undefined ? user !== spec.user : !(spec.groups ?? []).includes(group ?? '')) return false;
    const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
    if (namespace !== undefined && resource?.namespace !== namespace) return false;
    const rules = this.#roles
      .filter(({ metadata }) => metadata.name === role || metadata.labels?.[`${AGGREGATE}${role}`] === 'true')
      .flatMap((one) => one.rules ?? []);
    return rules.some((rule) =>
      path ? allowsPath(rule, path) : resource !== undefined && allowsResource(rule, resource),
    );
  }
}

function allowsPath({ nonResourceURLs = [], verbs }: Rule, { path, verb }: { path: string; verb: string }): boolean {
  return (
    verbs.includes(verb) &&
    nonResourceURLs.some((url) => (url.endsWith('*') ? path.startsWith(url.slice(0, -1)) : path === url))
  );
}

function allowsResource(
  { apiGroups = [], resources = [], resourceNames, verbs }: Rule,
  asked: NonNullable<Review['spec']['resourceAttributes']>,
): boolean {
  const resource = asked.subresource ? `${asked.resource}/${asked.subresource}` : asked.resource;
  return (
    verbs.includes(asked.verb) &&
    apiGroups.includes(asked.group ?? '') &&
    resources.includes(resource) &&
    (resourceNames === undefined || resourceNames.includes(asked.name ?? ''))
  );
}
