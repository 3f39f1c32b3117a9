import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { issueActions } from '../apiserver/resources/issue-actions.ts';
import { commands } from '../cli/commands/index.ts';
import { runProgram } from '../cli/program.ts';
import { recordedStreams } from '../cli/testing/recorded-streams.ts';
import { CONFIG_API_VERSION, GROUP, VERSION } from '../crds/names.ts';

/** What of the registration with a cluster only the manifests can get wrong (aggregated-api section 0). */
const root = join(import.meta.dirname, '..');
const NAMESPACE = 'faultline-system';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  readonly [field: string]: unknown;
}

interface ApiService extends Manifest {
  readonly spec: {
    readonly group: string;
    readonly version: string;
    readonly groupPriorityMinimum: number;
    readonly versionPriority: number;
    readonly insecureSkipTLSVerify?: boolean;
    readonly service: { readonly name: string; readonly namespace: string; readonly port: number };
  };
}

interface Service extends Manifest {
  readonly spec: { selector: Record<string, string>; ports: { name: string; port: number; targetPort: string }[] };
}

interface Deployment extends Manifest {
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly labels: Record<string, string> };
      readonly spec: {
        readonly serviceAccountName: string;
        readonly containers: {
          readonly args: readonly string[];
          readonly ports: { name: string }[];
          readonly livenessProbe: { readonly httpGet: { readonly port: string } };
          readonly readinessProbe: { readonly httpGet: { readonly port: string } };
        }[];
        readonly volumes: readonly { readonly secret?: { readonly secretName: string } }[];
      };
    };
  };
}

interface Binding extends Manifest {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
}

const read = (pattern: string): Manifest[] =>
  globSync(pattern, { cwd: root }).flatMap((file) =>
    parseAllDocuments(readFileSync(join(root, file), 'utf8')).map((document) => document.toJS() as Manifest),
  );
const manifests = read('manifests/base/*.yaml');

function only<T extends Manifest>(kind: string, name?: string): T {
  const found = manifests.filter((one) => one.kind === kind && (name === undefined || one.metadata.name === name));
  expect(found.length, `${kind} ${name ?? ''}`).toBe(1);
  return found[0] as T;
}

const apiService = only<ApiService>('APIService');
const { service } = apiService.spec;
const deployment = only<Deployment>('Deployment', 'faultline-server');
const pod = deployment.spec.template.spec;

test('evidence takes a role that no other role takes in: ends of logs are not for everybody who may view', () => {
  const { metadata, rules } = only<Manifest & { rules: object[] }>('ClusterRole', 'faultline-evidence');
  expect(metadata.labels).toBeUndefined();
  expect(rules).toEqual([{ apiGroups: ['faultline.dev'], resources: ['issues/evidence'], verbs: ['get'] }]);
  for (const name of ['faultline-view', 'faultline-edit']) {
    expect(JSON.stringify(only('ClusterRole', name))).not.toContain('evidence');
  }
});

test('groups take a role that no other role takes in: they show what is wrong in every namespace', () => {
  const { metadata, rules } = only<Manifest & { rules: object[] }>('ClusterRole', 'faultline-groups-view');
  expect(metadata.labels).toBeUndefined();
  expect(rules).toEqual([
    { apiGroups: ['faultline.dev'], resources: ['issuegroups'], verbs: ['get', 'list', 'watch'] },
  ]);
  for (const name of ['faultline-view', 'faultline-edit']) {
    expect(JSON.stringify(only('ClusterRole', name))).not.toContain('issuegroups');
  }
});

test('R5 who may view a namespace reads its issues, who may edit it acts on them, and nobody deletes one', () => {
  const role = (name: string) =>
    only<Manifest & { rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[] }>('ClusterRole', name);
  const aggregated = (name: string) =>
    Object.keys(role(name).metadata.labels ?? {}).map((label) =>
      label.replace('rbac.authorization.k8s.io/aggregate-to-', ''),
    );
  const actions = issueActions({ act: () => Promise.reject(new Error('not asked')) });
  expect(aggregated('faultline-view')).toEqual(['view', 'edit', 'admin']);
  expect(role('faultline-view').rules).toEqual([
    { apiGroups: [GROUP], resources: ['issues'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [GROUP], resources: ['issues/timeline', 'issues/related'], verbs: ['get'] },
  ]);
  expect(aggregated('faultline-edit')).toEqual(['edit', 'admin']);
  expect(role('faultline-edit').rules).toEqual([
    { apiGroups: [GROUP], resources: actions.map(({ name }) => `issues/${name}`), verbs: ['create'] },
  ]);
});

test('R1 no CRD is in the group that the APIService claims', () => {
  expect(CONFIG_API_VERSION).not.toMatch(new RegExp(`^${GROUP}/`));
  const crds = read('{manifests,crds,examples}/**/*.yaml').filter((one) => one?.kind === 'CustomResourceDefinition');
  expect(crds.filter(({ spec }) => (spec as { group: string }).group === GROUP)).toEqual([]);
});

test('R2 the APIService has the name of its version and group, priorities in range, and a certificate with the name that is verified', () => {
  const { group, version, groupPriorityMinimum, versionPriority, insecureSkipTLSVerify } = apiService.spec;
  expect([group, version]).toEqual([GROUP, VERSION]);
  expect(apiService.metadata.name).toBe(`${VERSION}.${GROUP}`);
  expect(groupPriorityMinimum).toBeGreaterThan(0);
  expect(groupPriorityMinimum).toBeLessThanOrEqual(20_000);
  expect(versionPriority).toBeGreaterThan(0);
  expect(insecureSkipTLSVerify).toBeUndefined();
  // Whoever looks after the certificates fills it in, and an apply leaves it alone.
  expect(apiService.spec).not.toHaveProperty('caBundle');
  const certificates = read('manifests/components/cert-manager/certificates.yaml');
  const serving = certificates.find(({ metadata }) => metadata.name === 'faultline-serving');
  const { spec } = serving as unknown as { spec: { dnsNames: string[]; secretName: string } };
  expect(spec.dnsNames).toContain(`${service.name}.${service.namespace}.svc`);
  expect(pod.volumes.map(({ secret }) => secret?.secretName)).toContain(spec.secretName);
});

test('R3 the port of the APIService is one of its Service, which selects ready pods that listen there', () => {
  expect(service.namespace).toBe(NAMESPACE);
  const { spec } = only<Service>('Service', service.name);
  const port = spec.ports.find((one) => one.port === service.port);
  expect(deployment.spec.template.metadata.labels).toMatchObject(spec.selector);
  const [container] = pod.containers;
  expect(container?.ports.map(({ name }) => name)).toContain(port?.targetPort);
  expect(container?.readinessProbe.httpGet.port).toBe(port?.targetPort);
});

test.each([
  ['ClusterRoleBinding', undefined, 'ClusterRole', 'system:auth-delegator'],
  ['RoleBinding', 'kube-system', 'Role', 'extension-apiserver-authentication-reader'],
])('R4 the server has a %s in %s to the %s %s', (kind, namespace, roleKind, role) => {
  const bindings = manifests.filter((one) => one.kind === kind) as unknown as Binding[];
  const found = bindings.filter(({ roleRef }) => roleRef.kind === roleKind && roleRef.name === role);
  expect(found.map(({ metadata, subjects }) => ({ namespace: metadata.namespace, subjects }))).toEqual([
    { namespace, subjects: [{ kind: 'ServiceAccount', name: pod.serviceAccountName, namespace: NAMESPACE }] },
  ]);
});

test('R5 whoever may view a namespace sees its issues', () => {
  const { metadata, rules } = only('ClusterRole', 'faultline-view') as Manifest & { rules: object[] };
  for (const role of ['view', 'edit', 'admin']) {
    expect(metadata.labels?.[`rbac.authorization.k8s.io/aggregate-to-${role}`]).toBe('true');
  }
  expect(rules).toEqual([
    { apiGroups: [GROUP], resources: ['issues'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [GROUP], resources: ['issues/timeline', 'issues/related'], verbs: ['get'] },
  ]);
});

test('several replicas of the controllers: one is ready before another one ends, and each may keep the Leases', () => {
  const controllers = only<Deployment & { spec: { strategy: object } }>('Deployment', 'faultline-controllers');
  expect(controllers.spec.strategy).toEqual({ rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
  const account = controllers.spec.template.spec.serviceAccountName;
  const role = only<Manifest & { rules: object[] }>('Role', 'faultline-controllers-leases');
  expect(role.rules).toEqual([
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'list', 'watch', 'create', 'update'] },
  ]);
  const binding = only<Binding>('RoleBinding', 'faultline-controllers-leases');
  expect(binding.roleRef).toMatchObject({ kind: 'Role', name: role.metadata.name });
  expect(binding.subjects).toEqual([{ kind: 'ServiceAccount', name: account, namespace: NAMESPACE }]);
  expect([role.metadata.namespace, binding.metadata.namespace]).toEqual([NAMESPACE, NAMESPACE]);
});

test('R7 the guide deletes the APIService before its server', () => {
  const guide = readFileSync(join(root, 'docs/install.md'), 'utf8');
  const first = guide.indexOf(`kubectl delete apiservice ${apiService.metadata.name}`);
  expect(first).toBeGreaterThan(0);
  expect(guide.indexOf('kubectl delete -k manifests/overlays/ha')).toBeGreaterThan(first);
});

test.each(['server', 'controllers'])(
  'the pods of the %s are started with flags that the command has, and are probed',
  async (name) => {
    const { containers } = only<Deployment>('Deployment', `faultline-${name}`).spec.template.spec;
    const [{ args, ports, livenessProbe, readinessProbe } = expect.fail('no container')] = containers;
    const [command = '', ...flags] = args;
    const streams = recordedStreams();
    await runProgram([command, '--help'], streams, { name: 'faultline', version: '0', commands });
    for (const flag of flags) expect(streams.out.text()).toContain(`  ${flag.split('=')[0]} `);
    for (const { httpGet } of [livenessProbe, readinessProbe])
      expect(ports.map((port) => port.name)).toContain(httpGet.port);
  },
);
