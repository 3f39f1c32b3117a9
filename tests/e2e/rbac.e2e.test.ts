import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import type { ObjectLike } from '../../controllers/index.ts';
import { Child } from '../controlplane/child.ts';
import { kubeconfig } from '../controlplane/kubeconfig.ts';
import { freePort } from '../controlplane/ports.ts';
import { loadObjects } from '../recorded/read.ts';
import { faultline as bin, type Installation, install, node } from './installation.ts';
import { at, createRun } from './pipelineruns.ts';
import { condition, create, createBrokenDeployment, createFailedJob, remove, setStatus } from './workloads.ts';

/**
 * Controllers with exactly the rights that `faultline rbac` printed, which for named namespaces are Roles: everything works.
 * And `faultline explain`, for whoever may get the object.
 */
let faultline: Installation;
let controllers: Child | undefined;
let metricsPort: number;

const CONFIGURATION = `apiVersion: config.faultline.dev/v1alpha1
kind: FaultlineConfiguration
namespaces: [shop, staging]
controllers:
  - use: tekton/pipelinerun
`;

beforeAll(async () => {
  faultline = await install({ namespaces: ['shop', 'staging', 'other'] });
  // Those of the manifests have more rights.
  await faultline.stopControllers();
  metricsPort = await freePort();
  const { plane, dir } = faultline;
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'team', namespace: 'faultline-system' },
  };
  await apply(stringify(account));
  const token = await plane.serviceAccountToken('faultline-system', 'team');
  const files = {
    'team.yaml': CONFIGURATION,
    'team.token': token,
    'team.kubeconfig': kubeconfig({ server: plane.url, caPem: plane.caPem, user: 'team', credentials: { token } }),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text, { mode: 0o600 });
});
afterAll(async () => {
  await controllers?.stop('SIGKILL', 1_000);
  await faultline?.[Symbol.asyncDispose]();
});

function runCommand(
  command: string,
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 20_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
  });
}

async function apply(yaml: string): Promise<void> {
  const { code, stderr } = await faultline.kubectl(['apply', '-f', '-'], { input: yaml });
  expect(code, stderr).toBe(0);
}

async function printedRbac(): Promise<string> {
  const { code, stdout, stderr } = await runCommand(node, [
    ...[bin, 'rbac', '-f', join(faultline.dir, 'team.yaml'), '--service-account=faultline-system/team', '--no-leases'],
    `--kubeconfig=${faultline.plane.adminKubeconfigPath}`,
  ]);
  expect(code, stderr).toBe(0);
  return stdout;
}

async function startControllers(): Promise<void> {
  const { dir } = faultline;
  await controllers?.stop('SIGTERM', 10_000);
  controllers = await Child.start({
    name: 'faultline controllers (team)',
    command: node,
    args: [
      ...[bin, 'controllers', '--name=team', `--server=https://127.0.0.1:${faultline.server.port}`],
      `--server-ca-file=${join(dir, 'serving-ca.pem')}`,
      `--token-file=${join(dir, 'team.token')}`,
      `--kubeconfig=${join(dir, 'team.kubeconfig')}`,
      `--config=${join(dir, 'team.yaml')}`,
      `--metrics-listen=127.0.0.1:${metricsPort}`,
    ],
    logPath: join(dir, 'team.log'),
  });
}

async function readyz(query = ''): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${metricsPort}/readyz${query}`);
  return { status: response.status, text: await response.text() };
}

const explain = async (object: string, namespace: string, kubeconfigPath: string) =>
  runCommand(node, [bin, 'explain', object, '-n', namespace, `--kubeconfig=${kubeconfigPath}`]);

test('Roles are all that named namespaces need: runs there become issues, those elsewhere do not', async () => {
  const printed = await printedRbac();
  const kinds = parseAllDocuments(printed).map((document) => (document.toJS() as { kind: string }).kind);
  expect(new Set(kinds)).toEqual(new Set(['Role', 'RoleBinding']));
  await apply(printed);
  await createRun(
    faultline.plane,
    { name: 'a-1', namespace: 'other', component: 'a' },
    { succeeded: false, at: at(0) },
  );
  await createRun(
    faultline.plane,
    { name: 'web-1', namespace: 'shop', component: 'web' },
    { succeeded: false, at: at(0) },
  );
  await startControllers();
  const [issue] = await faultline.until('shop', ([one]) => one?.status.state === 'Active');
  await createRun(
    faultline.plane,
    { name: 'web-2', namespace: 'shop', component: 'web' },
    { succeeded: true, at: at(1) },
  );
  await faultline.until('shop', ([one]) => one?.status.state === 'Resolved');
  await createRun(
    faultline.plane,
    { name: 'b-1', namespace: 'staging', component: 'b' },
    { succeeded: false, at: at(1) },
  );
  await faultline.until('staging', ([one]) => one?.status.state === 'Active');
  expect(await faultline.issues('other')).toEqual([]);
  expect(issue?.spec.source).toBe('tekton-pipelinerun');
  await expect.poll(() => readyz()).toMatchObject({ status: 200 });
  const log = await readFile(join(faultline.dir, 'team.log'), 'utf8');
  expect(log).not.toMatch(/forbidden|not allowed|"report refused"/i);
});

test('who may get an object is told what the controllers know of it, and nobody else', async () => {
  const reader = await faultline.plane.issueUserKubeconfig('jane');
  const metadata = { name: 'jane', namespace: 'shop' };
  const rules = [{ apiGroups: ['tekton.dev'], resources: ['pipelineruns'], verbs: ['get'] }];
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules };
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'jane' };
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }];
  await apply(
    [role, { ...role, kind: 'RoleBinding', rules: undefined, roleRef, subjects }]
      .map((one) => stringify(one))
      .join('---\n'),
  );
  const told = await explain('pipelinerun/web-1', 'shop', reader);
  expect(told.code, told.stderr).toBe(0);
  expect(told.stdout).toContain('PipelineRun.tekton.dev web-1 in namespace shop');
  expect(told.stdout).toMatch(/Decision: +run 3A opened an issue: issue shop\/\S+/);
  const asked = {
    apiVersion: 'faultline.dev/v1alpha1',
    kind: 'Explanation',
    spec: { kind: 'pr', namespace: 'shop', name: 'web-2' },
  };
  const created = await faultline.kubectl(['create', '--validate=false', '-o', 'yaml', '-f', '-'], {
    kubeconfig: reader,
    input: JSON.stringify(asked),
  });
  expect(created.code, created.stderr).toBe(0);
  expect(created.stdout).toContain('verdict: Healthy');
  const refused = await explain('pipelineruns.tekton.dev/b-1', 'staging', reader);
  expect([refused.code, refused.stdout]).toEqual([1, '']);
  expect(refused.stderr).toMatch(/User "jane" cannot get resource "pipelineruns" .* in the namespace "staging"/);
  const elsewhere = await explain('pr/a-1', 'other', faultline.plane.adminKubeconfigPath);
  // With Roles in some namespaces only, a process hears no question about others (docs/explain.md).
  expect(elsewhere.stdout).toContain('no controllers process that may report there is connected');
  const nobody = await explain('deploy/web', 'shop', faultline.plane.adminKubeconfigPath);
  expect(nobody.stdout).toContain('no configured controller watches Deployment');
});

test('a rule that is taken away is named, with where it belongs and the command that prints it', async () => {
  const without = parseAllDocuments(await printedRbac()).map((document) => {
    const object = document.toJS() as {
      kind: string;
      metadata: { namespace: string };
      rules?: { apiGroups: string[] }[];
    };
    const isMeant = object.kind === 'Role' && object.metadata.namespace === 'shop';
    return isMeant
      ? { ...object, rules: object.rules?.filter(({ apiGroups }) => apiGroups[0] !== 'tekton.dev') }
      : object;
  });
  await apply(without.map((one) => stringify(one)).join('---\n'));
  await startControllers();
  const rule =
    'a Role in namespace shop needs {apiGroups: ["tekton.dev"], resources: ["pipelineruns"], verbs: ["list", "watch"]}';
  await expect
    .poll(async () => (await readyz('?verbose').catch(() => ({ text: '' }))).text, { timeout: 15_000 })
    .toContain(
      `[-]tekton-pipelinerun failed: Forbidden: not allowed to watch pipelineruns: ${rule}; faultline rbac prints`,
    );
  const told = await explain('pipelinerun/web-1', 'shop', faultline.plane.adminKubeconfigPath);
  expect(told.stdout).toContain(rule);
});

test('with the rights that rbac prints for them, the controllers of workloads open issues and resolve them', async () => {
  const { plane, dir } = faultline;
  const uses = ['deployment', 'job', 'node', 'apiservice', 'certificate'].map((kind) => `  - use: workloads/${kind}\n`);
  const at = uses.findIndex((line) => line.includes('apiservice'));
  uses[at] += '    with: { unavailableFor: 0s }\n';
  await writeFile(
    join(dir, 'team.yaml'),
    `${CONFIGURATION.replace('[shop, staging]', "['*']").replace(/ {2}- use.*\n/, '')}${uses.join('')}`,
  );
  await apply(await printedRbac());
  await createBrokenDeployment(plane, 'staging');
  await createFailedJob(plane, 'staging', 'import');
  const secrets = loadObjects(join(import.meta.dirname, '../../controllers/workloads/certificate/fixtures'));
  const { metadata, ...expired } = secrets.find((secret) => secret.metadata.name === 'expired') as ObjectLike;
  await create(plane, '/api/v1/namespaces/staging/secrets', { ...expired, metadata: { name: metadata.name } });
  await create(
    plane,
    '/api/v1/nodes',
    { metadata: { name: 'worker-1' } },
    { conditions: [condition('Ready', 'Unknown')] },
  );
  await create(plane, '/apis/apiregistration.k8s.io/v1/apiservices', {
    metadata: { name: 'v1.gone.example.com' },
    spec: {
      group: 'gone.example.com',
      version: 'v1',
      groupPriorityMinimum: 1,
      versionPriority: 1,
      service: { namespace: 'gone', name: 'gone' },
    },
  });
  await startControllers();
  const said = async (where: string): Promise<string[]> =>
    (await faultline.issues(where))
      .filter(({ spec }) => spec.source.startsWith('workloads-'))
      .map(({ spec, status }) => `${status.state} ${spec.subject.kind} ${spec.reason}`)
      .sort();
  await expect
    .poll(() => said('staging'), { timeout: 20_000 })
    .toEqual([
      'Active Deployment CrashLoopBackOff',
      'Active Deployment NoReplicasAvailable',
      'Active Job BackoffLimitExceeded',
      'Active Secret CertificateExpired',
    ]);
  await expect
    .poll(() => said('faultline-system'), { timeout: 20_000 })
    .toEqual(['Active APIService APIServiceUnavailable', 'Active Node Unreachable']);
  await setStatus(plane, '/apis/apps/v1/namespaces/staging/deployments/web', {
    conditions: [condition('Available', 'True')],
  });
  await remove(plane, '/api/v1/namespaces/staging/pods/web-1-a');
  await remove(plane, '/apis/batch/v1/namespaces/staging/jobs/import');
  await setStatus(plane, '/api/v1/nodes/worker-1', { conditions: [condition('Ready', 'True')] });
  await remove(plane, '/apis/apiregistration.k8s.io/v1/apiservices/v1.gone.example.com');
  await expect
    .poll(() => said('staging'), { timeout: 20_000 })
    .toEqual([
      'Active Secret CertificateExpired',
      'Resolved Deployment CrashLoopBackOff',
      'Resolved Deployment NoReplicasAvailable',
      'Resolved Job BackoffLimitExceeded',
    ]);
  await expect
    .poll(() => said('faultline-system'), { timeout: 20_000 })
    .toEqual(['Resolved APIService APIServiceUnavailable', 'Resolved Node Unreachable']);
  await expect.poll(() => readyz()).toMatchObject({ status: 200 });
});
