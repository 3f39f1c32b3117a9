import type { Loose } from '../../loose.ts';
import { PATHS } from '../cluster.ts';
import type { Defect, Draft } from '../defect.ts';

type Spec = Record<string, unknown>;

/** A change of the object at one path of the cluster around. */
function around(what: string, path: string, change: (object: Draft<Loose>) => void): Defect {
  return {
    what,
    cluster: (asked, object) => {
      if (asked === path) change(object as Draft<Loose>);
      return object;
    },
  };
}

export const registration: Readonly<Record<string, readonly Defect[]>> = {
  R1: [
    around('a CRD has the same group and version', PATHS.crds, (list) => {
      const spec = { group: 'example.dev', versions: [{ name: 'v1' }] };
      list.items = [{ metadata: { name: 'things.example.dev' }, spec }];
    }),
  ],
  R2: [
    around('the certificate is not verified', PATHS.apiService, ({ spec }) => {
      delete (spec as Spec).caBundle;
      (spec as Spec).insecureSkipTLSVerify = true;
    }),
    around('the APIService is not Available', PATHS.apiService, (object) => {
      object.status = { conditions: [{ type: 'Available', status: 'False', reason: 'FailedDiscoveryCheck' }] };
    }),
    around('the priority is out of range', PATHS.apiService, ({ spec }) => {
      (spec as Spec).groupPriorityMinimum = 30_000;
    }),
  ],
  R3: [
    around('the Service has another port', PATHS.service, ({ spec }) => {
      (spec as Spec).ports = [{ name: 'https', port: 8443 }];
    }),
    around('no endpoint is ready', PATHS.endpointSlices, (list) => {
      list.items = [{ ports: [{ name: 'https' }], endpoints: [{ conditions: { ready: false } }] }];
    }),
  ],
  R5: [
    around('the role view may not watch', PATHS.clusterRoles, (list) => {
      list.items = [{ rules: [{ apiGroups: ['example.dev'], resources: ['widgets'], verbs: ['get', 'list'] }] }];
    }),
  ],
  R6: [
    around('one endpoint is ready', PATHS.endpointSlices, (list) => {
      list.items = [{ ports: [{ name: 'https' }], endpoints: [{ conditions: { ready: true } }] }];
    }),
  ],
  X10: [
    around('Events without a uid', PATHS.events, (list) => {
      for (const event of list.items ?? []) delete (event.involvedObject as { uid?: string }).uid;
    }),
    around('Events in another namespace', PATHS.events, (list) => {
      const [event] = list.items ?? [];
      if (event?.metadata) event.metadata.namespace = 'default';
    }),
  ],
};
