import type { Loose } from '../loose.ts';
import type { Defect } from './defect.ts';
import { ACCOUNT } from './token-issuer.ts';

/** What kube-apiserver answers about the cluster around an aggregated server, by path. */
export function clusterAround(
  ca: string,
  change: Defect['cluster'] = (_, object) => object,
): (url: string) => { code: number; body: unknown } | undefined {
  const objects = objectsOf(ca);
  return (url) => {
    const [path = ''] = url.split('?');
    const object = objects[path];
    if (object) return { code: 200, body: change(path, structuredClone(object)) };
    return undefined;
  };
}

export const PATHS = {
  apiService: '/apis/apiregistration.k8s.io/v1/apiservices/v1.example.dev',
  crds: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  service: '/api/v1/namespaces/example/services/things',
  endpointSlices: '/apis/discovery.k8s.io/v1/namespaces/example/endpointslices',
  clusterRoles: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  events: '/api/v1/events',
  serviceAccounts: '/api/v1/serviceaccounts',
} as const;

function objectsOf(ca: string): Record<string, Loose> {
  return {
    [PATHS.apiService]: {
      kind: 'APIService',
      spec: {
        group: 'example.dev',
        version: 'v1',
        groupPriorityMinimum: 1_000,
        versionPriority: 15,
        service: { namespace: 'example', name: 'things', port: 443 },
        caBundle: Buffer.from(ca).toString('base64'),
      },
      status: { conditions: [{ type: 'Available', status: 'True', reason: 'Passed' }] },
    },
    [PATHS.crds]: { items: [] },
    [PATHS.service]: { kind: 'Service', spec: { type: 'ClusterIP', ports: [{ name: 'https', port: 443 }] } },
    [PATHS.endpointSlices]: {
      items: [
        {
          ports: [{ name: 'https', port: 8443 }],
          endpoints: [{ conditions: { ready: true } }, { conditions: { ready: true } }],
        } as Loose,
      ],
    },
    [PATHS.clusterRoles]: {
      items: [
        { rules: [{ apiGroups: ['example.dev'], resources: ['widgets'], verbs: ['get', 'list', 'watch'] }] } as Loose,
      ],
    },
    [PATHS.serviceAccounts]: { items: [{ metadata: ACCOUNT } as Loose] },
    [PATHS.events]: {
      items: [
        {
          metadata: { namespace: 'n', name: 'a.1' },
          reason: 'Painted',
          involvedObject: {
            apiVersion: 'example.dev/v1',
            kind: 'Widget',
            namespace: 'n',
            name: 'a',
            uid: 'uid-of-n-a',
          },
        } as Loose,
      ],
    },
  };
}
