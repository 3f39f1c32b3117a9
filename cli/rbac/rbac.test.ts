import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { startCommand } from '../testing/running-command.ts';
import { guessedName, servedNames } from './kind-names.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-rbac-'));
  await writeFile(
    join(directory, 'nodes.ts'),
    `export default {
      apiVersion: 'controller/v1',
      watches: { apiVersion: 'v1', kind: 'Node', fields: [] },
      reads: [{ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', fields: [] }],
      order: 'state', onDelete: 'resolve', observe() { return { undecided: 'never' }; },
    };`,
  );
});
afterEach(() => rm(directory, { recursive: true, force: true }));

interface Role {
  kind: string;
  metadata: { name: string; namespace?: string };
  rules?: { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] }[];
  subjects?: object[];
  roleRef?: { kind: string; name: string };
}

async function printed(yaml: string, ...flags: string[]): Promise<Role[]> {
  const head = 'apiVersion: config.faultline.dev/v1alpha1\nkind: FaultlineConfiguration\n';
  await writeFile(join(directory, 'faultline.yaml'), head + yaml);
  const command = startCommand(['rbac', '-f', 'faultline.yaml', ...flags], { directory });
  expect(await command.exitCode, command.err.text()).toBe(0);
  return parseAllDocuments(command.out.text()).map((document) => document.toJS() as Role);
}

const lines = ({ rules = [] }: Role): string[] =>
  rules.flatMap(({ apiGroups, resources, resourceNames, verbs }) =>
    resources.map((resource) => `${verbs} ${resource}.${apiGroups} ${resourceNames ?? ''}`.trim()),
  );

describe('faultline rbac', () => {
  test('with named namespaces prints Roles in these alone', async () => {
    const roles = await printed(
      'namespaces: [shop, staging]\n',
      '--no-leases',
      '--no-rules',
      '--service-account',
      'ci/watcher',
    );
    expect(roles.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`)).toEqual([
      ...['Role shop/watcher', 'RoleBinding shop/watcher', 'Role staging/watcher', 'RoleBinding staging/watcher'],
    ]);
    const [role, binding] = roles as [Role, Role];
    expect(lines(role)).toEqual([
      'list,watch pipelineruns.tekton.dev',
      'list,watch taskruns.tekton.dev',
      'list,watch applications.appstudio.redhat.com',
      'list,watch components.appstudio.redhat.com',
      'list,watch integrationtestscenarios.appstudio.redhat.com',
      'list,watch releaseplans.appstudio.redhat.com',
      'list,watch repositories.pipelinesascode.tekton.dev',
      'get pods/log.',
      'create issuereports.faultline.dev',
      'report sources.faultline.dev tekton-pipelinerun',
    ]);
    expect(binding).toMatchObject({
      roleRef: { kind: 'Role', name: 'watcher' },
      subjects: [{ kind: 'ServiceAccount', name: 'watcher', namespace: 'ci' }],
    });
  });

  test('with a glob prints a ClusterRole, and the Leases of an election in the namespace of the account', async () => {
    const roles = await printed("namespaces: ['team-*']\n");
    expect(roles.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}`.trim())).toEqual([
      ...['ClusterRole', 'ClusterRoleBinding', 'Role faultline-system', 'RoleBinding faultline-system'],
    ]);
    expect(lines(roles[2] as Role)).toEqual(['get,create,update,list,watch leases.coordination.k8s.io']);
  });

  test('has the Leases where the configuration has them, and none where nobody is elected', async () => {
    const leases = async (yaml: string) =>
      (await printed(yaml, '--no-rules')).filter((role) => lines(role).some((line) => line.includes('leases.')));
    const [elsewhere] = await leases('leaderElection: {namespace: locks}\n');
    expect(elsewhere?.metadata.namespace).toBe('locks');
    expect(await leases('leaderElection: {enabled: false}\n')).toEqual([]);
  });

  test('what is in no namespace needs the cluster, and what a controller has for itself is not given in others', async () => {
    const roles = await printed(`
namespaces: [shop, staging]
controllers:
  - {use: tekton/taskrun, namespaces: [shop]}
  - {use: ./nodes.ts, name: nodes}
`);
    const byScope = new Map(
      roles.filter(({ rules }) => rules).map((role) => [role.metadata.namespace ?? '*', lines(role)]),
    );
    expect(byScope.get('*')).toEqual(['list,watch nodes.', 'report sources.faultline.dev nodes']);
    // Rules of the cluster take a right for the cluster; those of the namespaces do not.
    expect(byScope.get('shop')).toEqual(
      expect.arrayContaining([
        'list,watch issuerules.config.faultline.dev',
        'patch issuerules/status.config.faultline.dev',
      ]),
    );
    expect(byScope.get('staging')).toEqual(expect.arrayContaining(['list,watch networkpolicies.networking.k8s.io']));
    expect(byScope.get('staging')).not.toEqual(expect.arrayContaining(['list,watch taskruns.tekton.dev']));
    expect(byScope.get('shop')).toEqual(
      expect.arrayContaining(['list,watch taskruns.tekton.dev', 'report sources.faultline.dev rule.*,tekton-taskrun']),
    );
    expect(byScope.get('faultline-system')).toEqual(expect.arrayContaining(['create issuereports.faultline.dev']));
  });

  test('rules speak as rules, because nobody can name those of tomorrow', async () => {
    const roles = await printed(`
rules:
  - apiVersion: config.faultline.dev/v1alpha1
    kind: ClusterIssueRule
    metadata: {name: claims}
    spec:
      watches: {apiVersion: v1, kind: PersistentVolumeClaim}
      when: object.status.phase == 'Lost'
      findings: [{key: lost, type: workload, reason: Lost, severity: major, title: 'lost'}]
`);
    expect(lines(roles[0] as Role)).toEqual(
      expect.arrayContaining([
        'list,watch persistentvolumeclaims.',
        'list,watch clusterissuerules.config.faultline.dev',
        'patch issuerules/status.config.faultline.dev',
        'report sources.faultline.dev clusterrule.*,rule.*,tekton-pipelinerun',
      ]),
    );
  });

  test('says what is wrong with the account and with the configuration', async () => {
    const wrong = startCommand(['rbac', '--service-account', 'x'], { directory });
    expect([await wrong.exitCode, wrong.err.text()]).toEqual([2, expect.stringContaining('must be NAMESPACE/NAME')]);
  });
});

test('a cluster that is asked says how its kinds are called; what it does not serve yet is guessed', async () => {
  const served = { group: 'x.dev', version: 'v1', resource: 'oxen', kind: 'Ox', namespaced: false };
  const watches = [
    { apiVersion: 'x.dev/v1', kind: 'Ox' },
    { apiVersion: 'x.dev/v1', kind: 'Fox' },
  ];
  const controllers = watches.map((each) => ({ definition: { watches: each } })) as never;
  const nameOf = await servedNames({ resolve: async ({ kind }) => (kind === 'Ox' ? served : undefined) }, controllers);
  expect(nameOf(['x.dev/v1'], 'Ox')).toMatchObject({ resource: 'oxen', namespaced: false });
  expect(nameOf(['x.dev/v1'], 'Fox')).toEqual(guessedName(['x.dev/v1'], 'Fox'));
  await expect(servedNames({ resolve: () => Promise.reject(new Error('away')) }, controllers)).rejects.toThrow(
    'the cluster cannot be asked for its kinds: away',
  );
});
