import type { LoadedController } from '../../controllers/runtime/index.ts';
import { ledSource } from '../../controllers/runtime/led-source.ts';
import { NamespaceFilter, namespacesToWatch } from '../../controllers/runtime/namespaces.ts';
import { RULE_SOURCES, sourceRight } from '../../crds/issue-rule.ts';
import { groupOf } from '../../crds/meta.ts';
import { CONFIG_API_VERSION, DNS_LABEL, GROUP, SOURCES_RESOURCE } from '../../crds/names.ts';
import { pluralOf } from '../../crds/plural.ts';

/** What the controllers of a configuration may do, and no more: as the runtime asks the cluster and the server for it. */

/** How a kind is called in URLs and rules. */
export interface KindName {
  readonly group: string;
  /** The plural. */
  readonly resource: string;
  readonly namespaced: boolean;
}

export interface Needs {
  readonly controllers: readonly LoadedController[];
  /** The configuration's. */
  readonly namespaces: readonly string[];
  /** Where issues of what has no namespace live. */
  readonly clusterScopedNamespace: string;
  readonly nameOf: (apiVersions: readonly string[], kind: string) => KindName;
  /** Rules that people create in the cluster are followed. */
  readonly rules: boolean;
  /** Where the Leases of an election are; undefined: there is none. */
  readonly leasesIn?: string | undefined;
}

/** A PolicyRule of RBAC. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** By namespace; '' is the whole cluster. */
export type ScopedRules = ReadonlyMap<string, readonly Rule[]>;

const CONFIG_GROUP = groupOf(CONFIG_API_VERSION);
const CLUSTER = '';
const WATCH = ['list', 'watch'] as const;

/** The rules that the controllers need, in one place for each namespace, or for the cluster. */
export function requiredRules(needs: Needs): ScopedRules {
  const rights = new Rights();
  for (const controller of needs.controllers) {
    addWatches(rights, controller, needs);
    addReports(rights, controller, needs);
  }
  if (needs.rules) addRules(rights, needs);
  if (needs.leasesIn !== undefined) {
    rights.add(needs.leasesIn, 'coordination.k8s.io', 'leases', ['get', 'create', 'update', 'list', 'watch']);
  }
  return rights.rules();
}

function addWatches(rights: Rights, controller: LoadedController, { namespaces, nameOf }: Needs): void {
  const { watches, reads = [], logs } = controller.definition;
  const scopes = (own: readonly string[]): readonly string[] =>
    namespacesToWatch([new NamespaceFilter(own), new NamespaceFilter(namespaces)]) ?? [CLUSTER];
  const watched = scopes(controller.namespaces);
  // What is read besides may be where nothing is watched, so only the configuration's namespaces bound it.
  const kinds = [
    { ...watches, where: watched },
    ...reads.map((read) => ({ ...read, where: read.ownedByObject === true ? watched : scopes([]) })),
  ];
  for (const { apiVersion, kind, where } of kinds) {
    const { group, resource, namespaced } = nameOf([apiVersion].flat(), kind);
    for (const scope of namespaced ? where : [CLUSTER]) rights.add(scope, group, resource, WATCH);
  }
  if (logs === true) for (const scope of watched) rights.add(scope, '', 'pods/log', ['get']);
}

/** To report, and to speak as the source; a source with a pattern among its namespaces is led for the whole cluster. */
function addReports(rights: Rights, controller: LoadedController, needs: Needs): void {
  const { watches } = controller.definition;
  const { namespaces } = ledSource(controller, needs.namespaces).filter;
  const isFixed = namespaces.length > 0 && namespaces.every((namespace) => DNS_LABEL.test(namespace));
  const { namespaced } = needs.nameOf([watches.apiVersion].flat(), watches.kind);
  const { group, resource, verb } = SOURCES_RESOURCE;
  const name = sourceRight(controller.name);
  const reported = !isFixed ? [CLUSTER] : namespaced ? namespaces : [needs.clusterScopedNamespace];
  for (const scope of reported) rights.add(scope, GROUP, 'issuereports', ['create']);
  // About a subject without a namespace nobody may speak who may not speak everywhere.
  for (const scope of isFixed && namespaced ? namespaces : [CLUSTER]) rights.add(scope, group, resource, [verb], name);
}

/** IssueRules where the configuration looks, and ClusterIssueRules for whoever looks everywhere: read, and their status written. */
function addRules(rights: Rights, { namespaces }: Needs): void {
  const { group, resource, verb } = SOURCES_RESOURCE;
  const scopes = namespacesToWatch([new NamespaceFilter(namespaces)]) ?? [CLUSTER];
  for (const scope of scopes) {
    const kinds = scope === CLUSTER ? (['IssueRule', 'ClusterIssueRule'] as const) : (['IssueRule'] as const);
    for (const kind of kinds) {
      rights.add(scope, CONFIG_GROUP, pluralOf(kind), WATCH);
      rights.add(scope, CONFIG_GROUP, `${pluralOf(kind)}/status`, ['patch']);
      rights.add(scope, group, resource, [verb], RULE_SOURCES[kind]);
    }
    rights.add(scope, GROUP, 'issuereports', ['create']);
  }
}

/** What may be done, gathered so that each thing is said once. */
class Rights {
  /** By scope, group, verbs and whether it has names: resources, and names. */
  readonly #scopes = new Map<string, Map<string, { rule: Omit<Rule, 'resources'>; resources: Set<string> }>>();
  readonly #names = new Map<string, Set<string>>();

  add(scope: string, group: string, resource: string, verbs: readonly string[], name?: string): void {
    // A right for the whole cluster is one in every namespace.
    const id = JSON.stringify([group, verbs, name === undefined ? '' : resource]);
    const rules = this.#scopes.get(scope) ?? new Map();
    this.#scopes.set(scope, rules);
    const found = rules.get(id) ?? { rule: { apiGroups: [group], verbs }, resources: new Set() };
    rules.set(id, found);
    found.resources.add(resource);
    if (name === undefined) return;
    const names = this.#names.get(`${scope} ${id}`) ?? new Set();
    this.#names.set(`${scope} ${id}`, names.add(name));
  }

  rules(): ScopedRules {
    const everywhere = this.#scopes.get(CLUSTER);
    const scopes = [...this.#scopes].sort(([a], [b]) => (a < b ? -1 : 1));
    const all = scopes.map(([scope, rules]): [string, Rule[]] => [
      scope,
      [...rules].flatMap(([id, { rule, resources }]) => {
        const general = scope === CLUSTER ? undefined : everywhere?.get(id);
        const named = [...(this.#names.get(`${scope} ${id}`) ?? [])].filter(
          (name) => scope === CLUSTER || !this.#names.get(`${CLUSTER} ${id}`)?.has(name),
        );
        const isNamed = this.#names.has(`${scope} ${id}`);
        const wanted = isNamed ? [...resources] : [...resources].filter((one) => !general?.resources.has(one));
        if (wanted.length === 0 || (isNamed && named.length === 0)) return [];
        const { apiGroups, verbs } = rule;
        return [{ apiGroups, resources: wanted.sort(), ...(isNamed && { resourceNames: named.sort() }), verbs }];
      }),
    ]);
    return new Map(all.filter(([, rules]) => rules.length > 0));
  }
}
