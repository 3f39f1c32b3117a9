import type { Rule, ScopedRules } from './required-rules.ts';

export interface Account {
  readonly namespace: string;
  readonly name: string;
}

const API_VERSION = 'rbac.authorization.k8s.io/v1';
const API_GROUP = 'rbac.authorization.k8s.io';

/** As all manifests have it: what `faultline uninstall` finds them by. */
const PART_OF = { 'app.kubernetes.io/part-of': 'faultline' };

/** The roles with these rules, and what binds them to the account: ready to be applied. */
export function rbacObjects(rules: ScopedRules, account: Account): object[] {
  return [...rules].flatMap(([namespace, scoped]) => {
    const isCluster = namespace === '';
    const metadata = { name: account.name, ...(isCluster ? {} : { namespace }), labels: PART_OF };
    const kind = isCluster ? 'ClusterRole' : 'Role';
    return [
      { apiVersion: API_VERSION, kind, metadata, rules: scoped.map(plain) },
      {
        apiVersion: API_VERSION,
        kind: `${kind}Binding`,
        metadata,
        roleRef: { apiGroup: API_GROUP, kind, name: account.name },
        subjects: [{ kind: 'ServiceAccount', name: account.name, namespace: account.namespace }],
      },
    ];
  });
}

function plain({ apiGroups, resources, resourceNames, verbs }: Rule): object {
  return {
    apiGroups: [...apiGroups],
    resources: [...resources],
    ...(resourceNames && { resourceNames: [...resourceNames] }),
    verbs: [...verbs],
  };
}
