import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { assembleImage } from '../../scripts/image.ts';
import { contentOf, faultsOf } from '../../scripts/image-content.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { kubectl } from '../controlplane/kubectl.ts';
import { freePort } from '../controlplane/ports.ts';
import { at, createRun, tektonCrds } from '../e2e/pipelineruns.ts';
import { konfluxCrds } from './foreign-kinds.ts';
import { applyAll, type Installed, installManifests } from './installed.ts';
import { helmTemplate, type Manifest, NAMESPACE } from './render.ts';
import { allowed, auditPolicy, covers, deeds, said, userOf } from './rights.ts';

/**
 * The chart as it comes, at a real kube-apiserver, from the files of the image: read-only, as an arbitrary user, with the
 * rights of the manifests; and of these rights each one is used, and none is missing, by the API server's audit log.
 */
const ACCOUNTS = ['faultline-server', 'faultline-controllers'];
let plane: ControlPlane;
let dir: string;
let installed: Installed;
let manifests: Manifest[];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'faultline-installed-'));
  await writeFile(join(dir, 'policy.yaml'), stringify(auditPolicy(NAMESPACE, ACCOUNTS)));
  const audit = [`--audit-policy-file=${join(dir, 'policy.yaml')}`, `--audit-log-path=${join(dir, 'audit.log')}`];
  const [port, metricsPort] = [await freePort(), await freePort()];
  [plane, manifests] = await Promise.all([
    startControlPlane({ apiserverFlags: audit }),
    helmTemplate([`--set=server.port=${port},controllers.metricsPort=${metricsPort}`]),
    assembleImage(join(dir, 'image'), { node: true }),
  ]);
  const namespaces = [NAMESPACE, 'shop'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  await applyAll(plane, [...namespaces, ...tektonCrds(), ...konfluxCrds]);
  const waiting = ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s'];
  expect(await kubectl(waiting, { kubeconfig: plane.adminKubeconfigPath })).toMatchObject({ code: 0 });
  // What the run below is about: where the kind is installed, a run of one that is gone says nothing.
  const component = { apiVersion: 'appstudio.redhat.com/v1alpha1', kind: 'Component' };
  await applyAll(plane, [{ ...component, metadata: { name: 'web', namespace: 'shop' } }]);
  installed = await installManifests({ plane, image: join(dir, 'image'), dir, manifests, port });
  await installed.available();
});
afterAll(async () => {
  await installed?.[Symbol.asyncDispose]();
  await plane?.[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

const RULE = { watches: { apiVersion: 'v1', kind: 'ConfigMap' }, when: "object.metadata.name == 'broken'" };
const FINDING = { key: 'broken', type: 'workload', severity: 'major', reason: 'Broken', title: 'broken' };
const RECEIVER = {
  authentication: { token: { sha256: '0c7d72bdd0443ae49ff4f28f860ee303d6e0743cf1f0e74e76db486507a70559' } },
  subject: "{'apiVersion': 'v1', 'kind': 'Service', 'name': payload.service}",
  resolve: "['down']",
};
/** One of each kind that people write. */
const WRITTEN: readonly object[] = [
  { kind: 'IssueRule', metadata: { name: 'own', namespace: 'shop' }, spec: { ...RULE, findings: [FINDING] } },
  { kind: 'ClusterIssueRule', metadata: { name: 'all' }, spec: { ...RULE, findings: [FINDING] } },
  { kind: 'WebhookReceiver', metadata: { name: 'own', namespace: 'shop' }, spec: RECEIVER },
  { kind: 'ClusterWebhookReceiver', metadata: { name: 'all' }, spec: { ...RECEIVER, namespace: "'shop'" } },
].map((one) => ({ apiVersion: 'config.faultline.dev/v1alpha1', ...one }));

interface Listed {
  readonly items: readonly { spec: { source: string }; status: { state: string } }[];
}

async function issues(): Promise<string[]> {
  const { status, body } = await plane.request('/apis/faultline.dev/v1alpha1/namespaces/shop/issues');
  if (status !== 200) return [`${status} ${body}`];
  return (JSON.parse(body) as Listed).items.map(({ spec, status: { state } }) => `${spec.source} ${state}`);
}

async function untilIssues(...wanted: string[]): Promise<void> {
  await expect.poll(issues, { timeout: 30_000 }).toEqual(expect.arrayContaining(wanted));
}

test('the image holds what it needs, nothing that does not belong there, and a list of all of it', async () => {
  const app = join(dir, 'image', 'app');
  const content = await contentOf(app);
  expect(faultsOf(content)).toEqual([]);
  expect(content.bytes).toBeLessThan(160e6);
  expect(await unresolvedImports(app, content.files)).toEqual([]);
  const { components } = JSON.parse(await readFile(join(app, 'sbom.cdx.json'), 'utf8')) as {
    components: { name: string; version: string; group?: string }[];
  };
  const listed = new Set(components.map(({ name }) => name));
  const installedPackages = content.files.flatMap(
    (file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\/package\.json$/.exec(file)?.[1] ?? [],
  );
  expect(installedPackages.length).toBeGreaterThan(100);
  expect(installedPackages.filter((name) => !listed.has(name))).toEqual([]);
  expect(listed).toContain('swagger-ui-dist');
  expect(listed).not.toContain('vitest');
});

/** Relative imports of our own files that name a file which is not there: what a folder left out would cost. */
async function unresolvedImports(app: string, files: readonly string[]): Promise<string[]> {
  const there = new Set(files);
  const own = files.filter((file) => /^dist\/.*\.js$/.test(file));
  const found: string[] = [];
  for (const file of own) {
    const text = await readFile(join(app, file), 'utf8');
    for (const [, specifier] of text.matchAll(/^[^`'"]*(?:from|import)\s*\(?\s*['"](\.[^'"$]+)['"]/gm)) {
      const target = join(dirname(file), specifier as string);
      if (!there.has(target)) found.push(`${file} → ${specifier}`);
    }
  }
  return found;
}

test('a failed run is an issue, over and back again, through the aggregator', async () => {
  await installed.server.ready();
  await installed.controllers.ready();
  for (const [index, succeeded] of [false, true, false, true].entries()) {
    await createRun(plane, { name: `web-${index}`, namespace: 'shop', component: 'web' }, { succeeded, at: at(index) });
    await untilIssues(`tekton-pipelinerun ${succeeded ? 'Resolved' : 'Active'}`);
  }
});

test('the controllers hear questions at the address of the replicas that the manifests name', async () => {
  const explanation = {
    apiVersion: 'faultline.dev/v1alpha1',
    kind: 'Explanation',
    spec: { kind: 'pipelinerun', namespace: 'shop', name: 'web-3' },
  };
  const ask = async (): Promise<string> => {
    const args = ['create', '--validate=false', '-o', 'yaml', '-f', '-'];
    const asked = { kubeconfig: plane.adminKubeconfigPath, input: JSON.stringify(explanation) };
    const { stdout, stderr } = await kubectl(args, asked);
    return stdout + stderr;
  };
  await expect.poll(ask, { timeout: 30_000 }).toContain('verdict: Healthy');
});

test('the processes have no rights on the machine, and write nowhere but where the manifests mount storage', async () => {
  const writable = [['/var/lib/faultline'], []];
  for (const [index, { child }] of [installed.server, installed.controllers].entries()) {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
    expect(status).toMatch(/^Uid:\s+1000650000\s/m);
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    const mounts = (await readFile(`/proc/${child.pid}/mountinfo`, 'utf8')).split('\n').filter((line) => line !== '');
    const open = mounts.map((line) => line.split(' ')).filter(([, , , , , options]) => options?.startsWith('rw'));
    // /proc and /dev are the kernel's.
    const places = open.map(([, , , , place]) => place).filter((place) => !/^\/(proc|dev)(\/|$)/.test(place ?? ''));
    expect(places).toEqual(writable[index]);
    expect(await readFile(child.logPath, 'utf8')).not.toMatch(/EROFS|EACCES|EPERM|read-only file system/i);
  }
});

test('every right of the manifests is used, and no other is asked for', async () => {
  const mayWatch = { apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] };
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'watch-configmaps' };
  const subjects = [{ kind: 'ServiceAccount', name: 'faultline-controllers', namespace: NAMESPACE }];
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'watch-configmaps' } };
  const ofTheRules = [
    { ...rbac, kind: 'ClusterRole', rules: [mayWatch] },
    { ...rbac, kind: 'ClusterRoleBinding', roleRef, subjects },
  ];
  await applyAll(plane, [...ofTheRules, ...WRITTEN]);
  await applyAll(plane, [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'broken', namespace: 'shop' } }]);
  await untilIssues('rule.shop.own Active', 'clusterrule.all Active');
  const { code, stderr } = await kubectl(['delete', 'namespace', 'shop', '--wait=false'], {
    kubeconfig: plane.adminKubeconfigPath,
  });
  expect(code, stderr).toBe(0);
  for (const account of ACCOUNTS) {
    const rights = allowed([...manifests, ...(ofTheRules as unknown as Manifest[])], NAMESPACE, account);
    expect(rights.length).toBeGreaterThan(5);
    const unused = async (): Promise<string[]> => {
      const done = await deeds(join(dir, 'audit.log'), userOf(NAMESPACE, account));
      return rights.filter((right) => !done.some((deed) => deed.allowed && covers(right, deed.act))).map(said);
    };
    await expect.poll(unused, { timeout: 30_000 }).toEqual([]);
    const done = await deeds(join(dir, 'audit.log'), userOf(NAMESPACE, account));
    const refused = done.filter((deed) => !deed.allowed).map(({ act }) => said(act));
    expect([...new Set(refused)]).toEqual([]);
  }
});
