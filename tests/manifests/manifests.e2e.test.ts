import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { packageVersion } from '../../cli/package-info.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { kubectl } from '../controlplane/kubectl.ts';
import { certManagerCrds, monitoringCrds } from './foreign-kinds.ts';
import {
  type Binding,
  chart,
  comparable,
  type Deployment,
  find,
  helm,
  helmTemplate,
  isDeployment,
  kustomize,
  type Manifest,
  NAMESPACE,
  nameOf,
  OVERLAYS,
  root,
} from './render.ts';
import { SCHEMA_LOCATION, writeSchemas } from './schemas.ts';
import { tools } from './tools.ts';

/** The overlays and the chart: the same, valid, and taken by a real kube-apiserver. */
let plane: ControlPlane;
let dir: string;
const overlays = new Map<string, Manifest[]>();
beforeAll(async () => {
  [plane, dir] = await Promise.all([startControlPlane(), mkdtemp(join(tmpdir(), 'faultline-manifests-')), tools()]);
  for (const name of Object.keys(OVERLAYS)) overlays.set(name, await kustomize(`overlays/${name}`));
  const needed = [find(overlay('ha'), 'Namespace', NAMESPACE), ...certManagerCrds, ...monitoringCrds];
  await apply(needed);
  await asAdmin(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
});
afterAll(async () => {
  await plane?.[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

const overlay = (name: string): Manifest[] => overlays.get(name) as Manifest[];
const yaml = (objects: readonly unknown[]): string => objects.map((one) => stringify(one)).join('---\n');
const names = Object.keys(OVERLAYS);

async function asAdmin(args: readonly string[], input?: string) {
  return await kubectl(args, { kubeconfig: plane.adminKubeconfigPath, ...(input !== undefined && { input }) });
}

async function apply(objects: readonly unknown[], ...flags: string[]): Promise<string> {
  const { code, stdout, stderr } = await asAdmin(['apply', ...flags, '-f', '-'], yaml(objects));
  expect(code, stderr).toBe(0);
  return stdout + stderr;
}

describe('the chart', () => {
  test.each(names)('renders what the overlay %s is, object by object', async (name) => {
    const rendered = comparable(await helmTemplate(OVERLAYS[name]));
    expect(Object.keys(rendered).length).toBeGreaterThan(30);
    expect(rendered).toEqual(comparable(overlay(name)));
  });

  test('with monitoring.enabled, adds what manifests/monitoring is', async () => {
    const [without, withIt] = await Promise.all([helmTemplate(), helmTemplate(['--set=monitoring.enabled=true'])]);
    const known = new Set(without.map(nameOf));
    const added = comparable(withIt.filter((one) => !known.has(nameOf(one))));
    expect(added).toEqual(comparable(await kustomize('monitoring')));
    expect(Object.keys(added)).toContain('PrometheusRule faultline-system/faultline');
  });

  test.each(names)('has nothing that helm lint minds with the values of %s', async (name) => {
    expect(await helm(['lint', '.', '--strict', `--namespace=${NAMESPACE}`, ...(OVERLAYS[name] ?? [])])).toContain(
      '0 chart(s) failed',
    );
  });

  test.each([
    ['a value that it does not have', '--set=sever.port=1', "additional properties 'sever' not allowed"],
    ['a port that is none', '--set=server.port=https', 'server.port'],
    ['two servers on an embedded database', '--set=server.replicas=2', 'an embedded database has one server'],
    ['another kind of certificate', '--set=certificates.kind=insecure', 'certificates.kind'],
    ['a digest that is none', '--set=image.digest=latest', 'image.digest'],
  ])('refuses %s', async (_, flag, message) => {
    await expect(helmTemplate([flag])).rejects.toThrow(message);
  });

  test('installs into another namespace, with an image and ports of one’s own', async () => {
    const flags = ['--set=image.repository=registry.example/faultline', `--set=image.digest=sha256:${'a'.repeat(64)}`];
    const rendered = await helmTemplate(['--namespace=elsewhere', '--set=controllers.metricsPort=9000', ...flags]);
    expect(JSON.stringify(rendered)).not.toContain(NAMESPACE);
    const deployments = rendered.filter(isDeployment);
    expect(deployments.map(({ spec }) => spec.template.spec.containers[0]?.image)).toEqual(
      Array(2).fill(`registry.example/faultline@sha256:${'a'.repeat(64)}`),
    );
    const binding = find<Binding>(rendered, 'RoleBinding', 'faultline-server-authentication-reader');
    expect([binding.metadata.namespace, binding.subjects[0]?.namespace]).toEqual(['kube-system', 'elsewhere']);
  });

  test('with an embedded database on OpenShift, leaves the group of the volume to the namespace', async () => {
    const contexts = async (...flags: string[]) =>
      (await helmTemplate(flags)).filter(isDeployment).map(({ spec }) => JSON.stringify(spec.template.spec));
    expect(await contexts()).toEqual([
      expect.not.stringContaining('fsGroup'),
      expect.stringContaining('"fsGroup":65532'),
    ]);
    const none = expect.not.stringContaining('fsGroup');
    expect(await contexts('--set=database.embedded.podSecurityContext=null')).toEqual([none, none]);
  });

  test('has the version of the package', async () => {
    const version = packageVersion();
    expect(await helm(['show', 'chart', '.'])).toMatch(
      new RegExp(`^appVersion: ${version}$(.|\n)*^version: ${version}$`, 'm'),
    );
    const { spec } = find<Deployment>(overlay('ha'), 'Deployment', 'faultline-server');
    expect(spec.template.spec.containers[0]?.image).toBe(`faultline:${version}`);
  });
});

describe('the overlay ha', () => {
  test.each([
    ['server', 3],
    ['controllers', 2],
  ])('R6 runs several of the %s, on machines and in zones of their own, drained one at a time', (name, replicas) => {
    const { spec } = find<Deployment>(overlay('ha'), 'Deployment', `faultline-${name}`);
    expect(spec.replicas).toBe(replicas);
    expect(spec.template.spec).toMatchObject({
      priorityClassName: find(overlay('ha'), 'PriorityClass', 'faultline').metadata.name,
      affinity: { podAntiAffinity: {} },
      topologySpreadConstraints: [{ topologyKey: 'topology.kubernetes.io/zone' }],
    });
    expect(find(overlay('ha'), 'PodDisruptionBudget', `faultline-${name}`)).toMatchObject({
      spec: { maxUnavailable: 1 },
    });
  });

  test('R6 has nothing that kube-apiserver would not pass', () => {
    // It comes from addresses that no selector describes, so the rule for the server's port has no `from`.
    const { spec } = find(overlay('ha'), 'NetworkPolicy', 'faultline-server');
    expect(spec).toMatchObject({
      policyTypes: ['Ingress'],
      ingress: [{ ports: [{ protocol: 'TCP', port: 'https' }] }],
    });
    expect(JSON.stringify(spec)).not.toContain('from');
    expect(overlay('ha').filter(({ kind }) => kind.endsWith('WebhookConfiguration'))).toEqual([]);
  });
});

test.each(names)('%s leaves the rights in kube-system there', (name) => {
  const { metadata } = find(overlay(name), 'RoleBinding', 'faultline-server-authentication-reader');
  expect(metadata.namespace).toBe('kube-system');
});

describe('the overlays that the guides show', () => {
  /** Their blocks of a page that begin with a comment which names the file, in a folder beside which manifests/ lies. */
  async function built(page: string, folder: string): Promise<Manifest[]> {
    const text = await readFile(join(root, 'docs', page), 'utf8');
    const files = [...text.matchAll(/^```\w+\n(?:#|\/\/) (\S+\.\w+)\n([\s\S]*?)^```/gm)];
    const place = join(dir, page, folder);
    await mkdir(place, { recursive: true });
    await symlink(join(root, 'manifests'), join(dir, page, 'manifests'));
    for (const [, name, content] of files) await writeFile(join(place, name as string), content as string);
    return await kustomize(place);
  }

  test('install: a registry of one’s own', async () => {
    const rendered = await built('install.md', '.');
    const images = rendered.filter(isDeployment).map(({ spec }) => spec.template.spec.containers[0]?.image);
    expect(images).toEqual(Array(2).fill('registry.example/faultline:0.1.0'));
    expect(find<Deployment>(rendered, 'Deployment', 'faultline-server').spec.replicas).toBe(3);
  });

  test('plugins: a ConfigMap, and the configuration that names it', async () => {
    const rendered = await built('plugins-in-a-cluster.md', 'mine');
    const { spec } = find<Deployment>(rendered, 'Deployment', 'faultline-controllers');
    expect(spec.template.spec.volumes).toContainEqual({ name: 'plugins', configMap: { name: 'faultline-plugins' } });
    for (const name of ['faultline', 'faultline-plugins']) {
      expect(find(rendered, 'ConfigMap', name).metadata.namespace).toBe(NAMESPACE);
    }
    expect(find(rendered, 'ConfigMap', 'faultline').data).toMatchObject({
      'faultline.yaml': expect.stringContaining('/etc/faultline-plugins/pods.ts'),
    });
    const binding = find(rendered, 'RoleBinding', 'faultline-server-authentication-reader');
    expect(binding.metadata.namespace).toBe('kube-system');
  });
});

describe('kubeconform', () => {
  test.each(names)('finds nothing wrong with the overlay %s, by the schemas of the API server itself', async (name) => {
    const schemas = join(dir, 'schemas');
    expect(await writeSchemas(plane, schemas)).toBeGreaterThan(100);
    const { kubeconform } = await tools();
    const check = async (objects: readonly unknown[]) => {
      const file = join(dir, `${name}.yaml`);
      await writeFile(file, yaml(objects));
      const location = `-schema-location=${schemas}/${SCHEMA_LOCATION}`;
      const args = ['-strict', '-summary', '-skip=Issuer,Certificate', location, file];
      return await promisify(execFile)(kubeconform, args).catch((error: { stdout: string }) => error);
    };
    expect((await check(overlay(name))).stdout).toMatch(/Valid: \d{2}, Invalid: 0, Errors: 0, Skipped: \d\n$/);
    const { spec, ...deployment } = find<Deployment>(overlay(name), 'Deployment', 'faultline-server');
    expect((await check([{ ...deployment, spec: { ...spec, replica: 3 } }])).stdout).toContain('Invalid: 1');
  });
});

describe('a kube-apiserver', () => {
  test.each(names)('takes the overlay %s as a whole, without a warning', async (name) => {
    const said = await apply(overlay(name), '--dry-run=server');
    expect(said).not.toContain('Warning');
    expect(said.trim().split('\n')).toHaveLength(overlay(name).length);
  });

  test('takes what every value of the chart can add', async () => {
    await writeFile(join(dir, 'everything.yaml'), stringify(EVERYTHING));
    const said = await apply(
      await helmTemplate(['--values=values-ha.yaml', `--values=${join(dir, 'everything.yaml')}`]),
      '--dry-run=server',
    );
    expect(said).not.toContain('Warning');
  });

  test.each(names)('admits the pods of %s to a namespace that is restricted', async (name) => {
    const deployments = overlay(name).filter(isDeployment);
    expect(deployments).toHaveLength(2);
    for (const { spec, metadata } of deployments) {
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: metadata.name, namespace: NAMESPACE },
        spec: spec.template.spec,
      };
      const create = (object: object) => asAdmin(['create', '--dry-run=server', '-f', '-'], JSON.stringify(object));
      // Its PriorityClass is only tried here.
      const { priorityClassName: _, ...plain } = pod.spec;
      expect(plain.containers[0]?.securityContext.readOnlyRootFilesystem).toBe(true);
      expect(JSON.stringify(plain)).not.toContain('runAsUser');
      expect(await create({ ...pod, spec: plain })).toMatchObject({ code: 0, stderr: '' });
      const refused = await create({ ...pod, spec: { ...plain, securityContext: { runAsNonRoot: false } } });
      expect(refused.stderr).toContain('violates PodSecurity "restricted');
    }
  });
});

/** Values that are off or empty unless somebody wants them. */
const EVERYTHING = (() => {
  const workload = {
    extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy.example:3128' }],
    extraVolumes: [{ name: 'plugins', configMap: { name: 'plugins' } }],
    extraVolumeMounts: [{ name: 'plugins', mountPath: '/etc/faultline-plugins', readOnly: true }],
    podAnnotations: { 'example.com/owner': 'platform' },
    nodeSelector: { 'kubernetes.io/arch': 'arm64' },
    tolerations: [{ key: 'infra', operator: 'Exists' }],
  };
  return {
    certificates: { kind: 'secret' },
    monitoring: { enabled: true },
    image: { pullPolicy: 'Always', pullSecrets: [{ name: 'registry' }], tag: 'next' },
    server: { ...workload, extraArgs: ['--log-level=debug'] },
    controllers: {
      ...workload,
      extraArgs: ['--relist-period=6h'],
      extraRules: [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['list', 'watch'] }],
    },
  };
})();

describe('the caBundle of the APIService', () => {
  const path = '/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.faultline.dev';
  const apiService = () => find<Manifest & { spec: object }>(overlay('ha'), 'APIService', 'v1alpha1.faultline.dev');
  const bundle = async (): Promise<unknown> => JSON.parse((await plane.request(path)).body).spec.caBundle;
  const authority = (): string => Buffer.from(plane.servingCa.certificatePem).toString('base64');

  /** As whoever looks after certificates does it: server-side, and nothing else of the object. */
  async function injectBundle(): Promise<void> {
    const { apiVersion, kind, metadata } = apiService();
    const body = { apiVersion, kind, metadata: { name: metadata.name }, spec: { caBundle: authority() } };
    const headers = { 'content-type': 'application/apply-patch+yaml' };
    const answer = await plane.request(`${path}?fieldManager=faultline-certificates&force=true`, {
      method: 'PATCH',
      body,
      headers,
    });
    expect(answer.status, answer.body).toBe(200);
    expect(await bundle()).toBe(authority());
  }

  test.each([
    [
      'Argo CD and Flux (server-side, forced)',
      ['--server-side', '--force-conflicts', '--field-manager=argocd-controller'],
    ],
    ['kubectl apply', []],
  ])('survives %s, again and again', async (_, flags) => {
    await plane.request(path, { method: 'DELETE' });
    await apply([apiService()], ...flags);
    await injectBundle();
    await apply([apiService()], ...flags);
    expect(await bundle()).toBe(authority());
    const edited = { ...apiService(), spec: { ...apiService().spec, versionPriority: 20 } };
    await apply([edited], ...flags);
    expect(await bundle()).toBe(authority());
    // What a self-healing tool compares with: what it would apply is what is there.
    const { stdout } = await asAdmin(['diff', ...flags, '-f', '-'], yaml([edited]));
    expect(stdout).toBe('');
    await plane.request(path, { method: 'DELETE' });
  });

  test('survives helm upgrade; helm uninstall leaves the receivers and rules that people wrote', async () => {
    const env = { KUBECONFIG: plane.adminKubeconfigPath };
    const release = ['faultline', chart, `--namespace=${NAMESPACE}`];
    await helm(['install', ...release], env);
    await injectBundle();
    await helm(['upgrade', ...release, '--set=server.port=10250'], env);
    expect(await bundle()).toBe(authority());
    const { stdout } = await asAdmin([
      'get',
      'deploy',
      'faultline-server',
      `-n${NAMESPACE}`,
      '-o=jsonpath={..containerPort}',
    ]);
    expect(stdout).toBe('10250');
    await helm(['uninstall', 'faultline', `--namespace=${NAMESPACE}`], env);
    expect((await plane.request(path)).status).toBe(404);
    const { stdout: left } = await asAdmin(['get', 'crd', '-o=name']);
    expect(left).toContain('customresourcedefinition.apiextensions.k8s.io/issuerules.config.faultline.dev');
  });

  test.each([
    ['server-side, forced', ['--server-side', '--force-conflicts', '--field-manager=argocd-controller']],
    ['client-side', []],
  ])('has its certificate in a Secret that is applied empty, %s, and keeps what the server wrote', async (_, flags) => {
    const secret = find(overlay('ha'), 'Secret', 'faultline-serving');
    const where = `/api/v1/namespaces/${NAMESPACE}/secrets/faultline-serving`;
    await apply([secret], ...flags);
    const headers = { 'content-type': 'application/merge-patch+json' };
    const body = { data: { 'ca.crt': authority() } };
    expect((await plane.request(where, { method: 'PATCH', body, headers })).status).toBe(200);
    await apply([secret], ...flags);
    expect(JSON.parse((await plane.request(where)).body).data).toEqual(body.data);
    await plane.request(where, { method: 'DELETE' });
  });

  test('is never done without, and all that the server of ours may change', async () => {
    const needed = /^(ValidatingAdmissionPolicy|ServiceAccount|Cluster)/;
    await apply(overlay('ha').filter(({ kind }) => needed.test(kind)));
    await apply([apiService()]);
    const patch = async (spec: object, ...as: string[]): Promise<string> => {
      const flags = ['--type=merge', `--patch=${JSON.stringify({ spec })}`, '--dry-run=server'];
      const { stdout, stderr } = await asAdmin(['patch', 'apiservice', 'v1alpha1.faultline.dev', ...flags, ...as]);
      return stdout + stderr;
    };
    const server = `--as=system:serviceaccount:${NAMESPACE}:faultline-server`;
    // A policy counts a moment after it was written.
    await expect
      .poll(() => patch({ insecureSkipTLSVerify: true }))
      .toContain('the certificate of faultline.dev is always verified');
    expect(await patch({ versionPriority: 20 })).toContain('patched');
    expect(await patch({ caBundle: authority() }, server)).toContain('patched');
    for (const spec of [{ service: { namespace: 'evil' } }, { versionPriority: 20 }, { insecureSkipTLSVerify: true }]) {
      expect(await patch(spec, server)).toMatch(
        /may change the caBundle of its APIService and nothing else|always verified/,
      );
    }
    await plane.request(path, { method: 'DELETE' });
    const open = { ...apiService(), spec: { ...apiService().spec, insecureSkipTLSVerify: true } };
    expect((await asAdmin(['create', '--dry-run=server', '-f', '-'], yaml([open]))).stderr).toContain(
      'always verified',
    );
  });
});
