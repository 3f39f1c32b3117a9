import { describe, expect, it } from 'vitest';
import { ClusterApiError, type OwningClusterApi } from '../../apiserver/kube/access/index.ts';
import { systemClock } from '../../controllers/runtime/index.ts';
import { rbacObjects } from '../rbac/rbac-objects.ts';
import { findInstalled, volumesIn } from './find-installed.ts';
import { removeAll } from './run-uninstall.ts';

/** A cluster that is a set of paths; lists answer what is directly below them. */
class FakeCluster implements OwningClusterApi {
  readonly deleted: string[] = [];
  readonly #objects: Map<string, object>;
  /** How often an object is still there after it was deleted. */
  readonly lingers = new Map<string, number>();

  constructor(objects: Readonly<Record<string, object>>) {
    this.#objects = new Map(Object.entries(objects));
  }

  async get(path: string): Promise<unknown> {
    const [plain = '', query = ''] = path.split('?');
    const one = this.#objects.get(plain);
    if (one) {
      if (!this.deleted.includes(plain)) return one;
      const left = (this.lingers.get(plain) ?? 0) - 1;
      this.lingers.set(plain, left);
      if (left >= 0) return one;
      this.#objects.delete(plain);
    }
    // Of a namespaced kind those of one namespace, or of all.
    const listOf = (key: string): string => key.slice(0, key.lastIndexOf('/'));
    const below = [...this.#objects].filter(([key]) =>
      [listOf(key), listOf(key).replace(/\/namespaces\/[^/]+(?=\/)/, '')].includes(plain),
    );
    if (below.length === 0) throw new ClusterApiError('not found', 404);
    expect(query === '' || decodeURIComponent(query) === 'labelSelector=app.kubernetes.io/part-of=faultline').toBe(
      true,
    );
    const labelled = below.filter(([, object]) => query === '' || !('foreign' in object));
    return {
      items: labelled.map(([key, object]) => ({
        metadata: { name: key.slice(key.lastIndexOf('/') + 1), namespace: /namespaces\/([^/]+)\//.exec(key)?.[1] },
        ...object,
      })),
    };
  }

  async delete(path: string): Promise<unknown> {
    if (!this.#objects.has(path)) throw new ClusterApiError('not found', 404);
    this.deleted.push(path);
    return {};
  }

  post = () => Promise.reject(new Error('nothing is written'));
  patch = this.post;
  apply = this.post;
}

const API = '/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.faultline.dev';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const OBJECTS = {
  [API]: { spec: { group: 'faultline.dev', service: { namespace: 'ours' } } },
  '/apis/apiregistration.k8s.io/v1/apiservices/v1.widgets.example.com': {
    spec: { group: 'widgets.example.com', service: { namespace: 'ours' } },
  },
  '/apis/apiregistration.k8s.io/v1/apiservices/v1.apps': { spec: { group: 'apps' } },
  '/apis/apiregistration.k8s.io/v1/apiservices/v1.metrics': {
    spec: { group: 'm', service: { namespace: 'kube-system' } },
  },
  '/apis/apps/v1/namespaces/ours/deployments/faultline-server': {},
  '/apis/apps/v1/namespaces/ours/deployments/somebody-else': { foreign: true },
  [`${RBAC}/clusterroles/faultline-view`]: {},
  [`${RBAC}/namespaces/kube-system/rolebindings/faultline-reader`]: {},
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/issuerules.config.faultline.dev': {
    spec: { group: 'config.faultline.dev' },
  },
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/x.example.com': { spec: { group: 'example.com' } },
  '/api/v1/namespaces/ours': {},
};
const wanted = { namespace: 'ours', crds: false, keepNamespace: false };
const namesOf = async (changes: Partial<typeof wanted> = {}) =>
  (await findInstalled(new FakeCluster(OBJECTS), { ...wanted, ...changes })).flatMap(({ objects }) =>
    objects.map(({ name }) => name),
  );

describe('what there is of an installation', () => {
  it('begins with every API that is served from its namespace, and ends with the namespace', async () => {
    expect(await namesOf()).toEqual([
      'apiservice/v1alpha1.faultline.dev',
      'apiservice/v1.widgets.example.com',
      'deployment/faultline-server',
      'clusterrole/faultline-view',
      'rolebinding/faultline-reader in kube-system',
      'namespace/ours',
    ]);
  });

  it('has the definitions of rules and receivers when they are asked for, and the namespace unless it is kept', async () => {
    const names = await namesOf({ crds: true, keepNamespace: true });
    expect(names.at(-1)).toBe('customresourcedefinition/issuerules.config.faultline.dev');
    expect(names).not.toContain('namespace/ours');
  });
});

it('has what operators keep for it before the Secrets that they would fill again', async () => {
  const within = (group: string, name: string) => [`/apis/${group}/v1/namespaces/ours/${name}`, {}] as const;
  const cluster = new FakeCluster({
    ...OBJECTS,
    ...Object.fromEntries([
      within('cert-manager.io', 'certificates/faultline-serving'),
      within('cert-manager.io', 'issuers/faultline-ca'),
      within('monitoring.coreos.com', 'podmonitors/faultline-server'),
      within('monitoring.coreos.com', 'prometheusrules/faultline'),
    ]),
    '/api/v1/namespaces/ours/secrets/faultline-serving': {},
    '/apis/cert-manager.io/v1': {},
    '/apis/monitoring.coreos.com/v1': {},
  });
  const names = (await findInstalled(cluster, wanted)).flatMap(({ objects }) => objects.map(({ name }) => name));
  const secret = names.indexOf('secret/faultline-serving');
  expect(names.slice(2, 6)).toEqual([
    'certificate/faultline-serving',
    'issuer/faultline-ca',
    'podmonitor/faultline-server',
    'prometheusrule/faultline',
  ]);
  expect(secret).toBeGreaterThan(5);
});

it('asks for nothing of operators that the cluster does not have: who may not list it would be refused', async () => {
  const cluster = new FakeCluster(OBJECTS);
  const asked: string[] = [];
  const get = (path: string): Promise<unknown> => {
    asked.push(path);
    const isOfOperators = /(cert-manager|coreos)/.test(path) && path.includes('/namespaces/');
    return isOfOperators ? Promise.reject(new ClusterApiError('forbidden', 403)) : cluster.get(path);
  };
  await findInstalled(Object.assign(Object.create(cluster), { get }), wanted);
  expect(asked).toContain('/apis/cert-manager.io/v1');
  expect(asked).toContain('/apis/monitoring.coreos.com/v1');
});

it('has the volumes that would go with the namespace, and the rights that faultline rbac printed', async () => {
  const claim = '/api/v1/namespaces/ours/persistentvolumeclaims/faultline-state';
  expect(await volumesIn(new FakeCluster({ [claim]: {} }), 'ours')).toEqual(['faultline-state']);
  expect(await volumesIn(new FakeCluster({}), 'ours')).toEqual([]);
  const rules = new Map([['', []]]);
  for (const object of rbacObjects(rules, { namespace: 'ours', name: 'x' })) {
    expect(object).toMatchObject({ metadata: { labels: { 'app.kubernetes.io/part-of': 'faultline' } } });
  }
});

describe('removing it', () => {
  it('waits until the API is gone before anything else goes', async () => {
    const cluster = new FakeCluster(OBJECTS);
    const stages = await findInstalled(cluster, wanted);
    cluster.lingers.set(API, 3);
    const order: string[] = [];
    await removeAll(cluster, stages, {
      clock: { now: () => 0, after: (_, callback) => systemClock.after(0, callback) },
      signal: new AbortController().signal,
      say: (line) => order.push(`${line}${cluster.lingers.get(API) === 3 ? ' (API there)' : ''}`),
    });
    expect(order.filter((line) => line.endsWith('(API there)'))).toEqual([
      'deleted apiservice/v1alpha1.faultline.dev (API there)',
      'deleted apiservice/v1.widgets.example.com (API there)',
    ]);
    expect(cluster.deleted.at(-1)).toBe('/api/v1/namespaces/ours');
  });

  it('tells what does not go away, and why', async () => {
    const stuck = { metadata: { name: 'ours', finalizers: ['example.com/x'] } };
    const cluster = new FakeCluster({ '/api/v1/namespaces/ours': stuck });
    cluster.lingers.set('/api/v1/namespaces/ours', Number.POSITIVE_INFINITY);
    let now = 0;
    const removing = removeAll(cluster, await findInstalled(cluster, wanted), {
      clock: {
        now: () => now,
        after: (ms, callback) => {
          now += ms;
          return systemClock.after(0, callback);
        },
      },
      signal: new AbortController().signal,
      say: () => {},
    });
    await expect(removing).rejects.toThrow(
      'namespace/ours (the namespace) does not go away: finalizers example.com/x; run this again later',
    );
  });
});
