import { type ClusterApi, ClusterApiError } from '../../apiserver/kube/access/index.ts';
import { GROUP } from '../../crds/names.ts';

/** An object that belongs to an installation. */
export interface Installed {
  /** `clusterrole/faultline-view`, as kubectl names it. */
  readonly name: string;
  readonly path: string;
}

/** What is deleted together; the stages one after the other, each when the one before is gone. */
export interface Stage {
  readonly what: string;
  readonly objects: readonly Installed[];
}

export interface Wanted {
  readonly namespace: string;
  readonly crds: boolean;
  readonly keepNamespace: boolean;
}

/** All manifests carry it. */
export const PART_OF = 'app.kubernetes.io/part-of=faultline';

const API_SERVICES = '/apis/apiregistration.k8s.io/v1/apiservices';
const ADMISSION = '/apis/admissionregistration.k8s.io/v1';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';

/** What there is of an installation, in the order in which it has to go. Throws ClusterApiError. */
export async function findInstalled(api: ClusterApi, { namespace, crds, keepNamespace }: Wanted): Promise<Stage[]> {
  const labelled = async (...lists: string[]): Promise<Installed[]> =>
    (await Promise.all(lists.map((list) => listed(api, list, PART_OF)))).flat();
  const within = (group: string, ...plurals: string[]) =>
    plurals.map((each) => `${group}/namespaces/${namespace}/${each}`);
  const stages: Stage[] = [
    // Ours by what they are, not by a label: one that is left behind would block every namespace deletion.
    { what: 'the API', objects: await ourApis(api, namespace) },
    {
      what: 'admission',
      objects: await labelled(
        `${ADMISSION}/validatingadmissionpolicybindings`,
        `${ADMISSION}/validatingadmissionpolicies`,
      ),
    },
    {
      // Before Secrets: cert-manager would make again what belongs to a Certificate that is still there.
      what: 'what operators keep for it',
      objects: await labelled(
        ...(await served(api, within('/apis/cert-manager.io/v1', 'certificates', 'issuers'))),
        ...(await served(api, within('/apis/monitoring.coreos.com/v1', 'podmonitors', 'prometheusrules'))),
      ),
    },
    {
      what: 'the processes',
      objects: await labelled(
        ...within('/apis/apps/v1', 'deployments', 'statefulsets'),
        ...within('/apis/policy/v1', 'poddisruptionbudgets'),
        ...within('/apis/networking.k8s.io/v1', 'networkpolicies'),
        ...within('/api/v1', 'services', 'configmaps', 'secrets', 'serviceaccounts'),
      ),
    },
    {
      what: 'rights',
      objects: await labelled(
        ...[`${RBAC}/clusterrolebindings`, `${RBAC}/clusterroles`],
        // In every namespace: one is in kube-system, and controllers may have Roles where they watch.
        ...[`${RBAC}/rolebindings`, `${RBAC}/roles`],
        '/apis/scheduling.k8s.io/v1/priorityclasses',
      ),
    },
  ];
  if (crds) stages.push({ what: 'rules and receivers', objects: await ourDefinitions(api) });
  if (!keepNamespace) stages.push({ what: 'the namespace', objects: await namespaceOf(api, namespace) });
  return stages.filter(({ objects }) => objects.length > 0);
}

/** Volumes that would go with the namespace. Throws ClusterApiError. */
export async function volumesIn(api: ClusterApi, namespace: string): Promise<string[]> {
  const claims = await objectsIn(api, `/api/v1/namespaces/${namespace}/persistentvolumeclaims`);
  return claims.map(({ metadata }) => metadata.name);
}

interface NamedObject {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: { readonly group?: string; readonly service?: { readonly namespace?: string } };
}

/**
 * These lists of one group, or none where the cluster does not have it: who may not list them is told so before kube-apiserver
 * says that there is no such kind, and discovery is open to everybody.
 */
async function served(api: ClusterApi, lists: readonly string[]): Promise<readonly string[]> {
  const [group] = (lists[0] as string).split('/namespaces/');
  return (await api.get(group as string).catch(orMissing)) === undefined ? [] : lists;
}

async function ourApis(api: ClusterApi, namespace: string): Promise<Installed[]> {
  const all = await objectsIn(api, API_SERVICES);
  const ours = all.filter(
    ({ spec }) => spec?.service !== undefined && (spec.group === GROUP || spec.service.namespace === namespace),
  );
  return ours.map((object) => installed(API_SERVICES, object));
}

async function ourDefinitions(api: ClusterApi): Promise<Installed[]> {
  const list = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const all = await objectsIn(api, list);
  return all.filter(({ spec }) => spec?.group === `config.${GROUP}`).map((object) => installed(list, object));
}

async function namespaceOf(api: ClusterApi, name: string): Promise<Installed[]> {
  const path = `/api/v1/namespaces/${name}`;
  const found = await api.get(path).catch(orMissing);
  return found === undefined ? [] : [{ name: `namespace/${name}`, path }];
}

async function listed(api: ClusterApi, list: string, selector: string): Promise<Installed[]> {
  const objects = await objectsIn(api, `${list}?labelSelector=${encodeURIComponent(selector)}`);
  return objects.map((object) => installed(list, object));
}

/** None of a kind that this cluster does not have. */
async function objectsIn(api: ClusterApi, path: string): Promise<readonly NamedObject[]> {
  const list = (await api.get(path).catch(orMissing)) as { items?: readonly NamedObject[] } | undefined;
  return list?.items ?? [];
}

function orMissing(error: unknown): undefined {
  if (error instanceof ClusterApiError && error.status === 404) return undefined;
  throw error;
}

function installed(list: string, { metadata: { name, namespace } }: NamedObject): Installed {
  const [group, plural = ''] = [list.slice(0, list.lastIndexOf('/')), list.slice(list.lastIndexOf('/') + 1)];
  const isOfAll = namespace !== undefined && !group.includes('/namespaces/');
  const within = isOfAll ? `${group}/namespaces/${namespace}/${plural}` : list;
  return { name: `${singular(plural)}/${name}${isOfAll ? ` in ${namespace}` : ''}`, path: `${within}/${name}` };
}

function singular(plural: string): string {
  return plural
    .replace(/ies$/, 'y')
    .replace(/(ss)es$/, '$1')
    .replace(/([^s])s$/, '$1');
}
