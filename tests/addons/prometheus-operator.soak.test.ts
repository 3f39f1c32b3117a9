import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Child } from '../controlplane/child.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { kubectl } from '../controlplane/kubectl.ts';
import { freePort } from '../controlplane/ports.ts';
import { applyAll } from '../manifests/installed.ts';
import { kustomize, NAMESPACE } from '../manifests/render.ts';
import { goTool, PROMETHEUS, PROMETHEUS_OPERATOR, sourcesOf } from '../tools/go-tools.ts';

/**
 * manifests/monitoring with the operator of Prometheus itself: a real kube-apiserver has its CRDs, and what the operator makes of
 * our monitors and rules is what a Prometheus would be started with, which promtool reads.
 */
const resources = new AsyncDisposableStack();
let plane: ControlPlane;
let dir: string;
let promtool: string;
let operator: Child;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'faultline-prometheus-operator-'));
  resources.defer(() => rm(dir, { recursive: true, force: true }));
  promtool = await goTool(PROMETHEUS, 'promtool');
  const binary = await goTool(PROMETHEUS_OPERATOR, 'operator');
  const sources = await sourcesOf(PROMETHEUS_OPERATOR, 'github.com/prometheus-operator/prometheus-operator');
  plane = resources.use(await startControlPlane());
  // Some are larger than what `kubectl apply` would note down.
  await asAdmin('create', '-f', join(sources, 'example/prometheus-operator-crd'));
  await asAdmin('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
  const named = (kind: string, name: string, namespace?: string) => ({
    ...{ apiVersion: 'v1', kind },
    metadata: { name, ...(namespace !== undefined && { namespace }) },
  });
  await applyAll(plane, [named('Namespace', NAMESPACE), named('Namespace', 'monitoring')]);
  await applyAll(plane, await kustomize('monitoring'));
  // What Kubernetes' token controller and whoever makes the certificates fill in.
  const certificate = { 'ca.crt': plane.servingCa.certificatePem };
  await applyAll(plane, [{ ...named('Secret', 'faultline-serving', NAMESPACE), stringData: certificate }]);
  const token = JSON.stringify({ stringData: { token: 'of-faultline-metrics' } });
  await asAdmin('patch', 'secret', 'faultline-metrics', '-n', NAMESPACE, '--type=merge', '-p', token);
  const credentials = {
    'ca-file': plane.caPem,
    'cert-file': plane.admin.certificatePem,
    'key-file': plane.admin.keyPem,
  };
  const flags = [`--apiserver=${plane.url}`, `--web.listen-address=127.0.0.1:${await freePort()}`];
  for (const [flag, text] of Object.entries(credentials)) {
    flags.push(`--${flag}=${join(dir, flag)}`);
    await writeFile(join(dir, flag), text, { mode: 0o600 });
  }
  const logPath = join(dir, 'operator.log');
  operator = resources.use(
    await Child.start({ name: 'operator of Prometheus', command: binary, args: flags, logPath }),
  );
  const all = { podMonitorSelector: {}, podMonitorNamespaceSelector: {}, ruleSelector: {}, ruleNamespaceSelector: {} };
  const prometheus = {
    ...named('Prometheus', 'main', 'monitoring'),
    apiVersion: 'monitoring.coreos.com/v1',
    spec: all,
  };
  await applyAll(plane, [prometheus]);
}, 1_800_000);
afterAll(() => resources.disposeAsync());

async function asAdmin(...args: string[]): Promise<void> {
  const { code, stderr } = await kubectl(args, { kubeconfig: plane.adminKubeconfigPath });
  expect(code, stderr).toBe(0);
}

/** `data` of an object in the namespace of Prometheus, empty until it is there. */
async function dataOf(plural: string, name: string): Promise<Record<string, string>> {
  const { status, body } = await plane.request(`/api/v1/namespaces/monitoring/${plural}/${name}`);
  return status === 200 ? ((JSON.parse(body) as { data?: Record<string, string> }).data ?? {}) : {};
}

interface ScrapeConfig {
  readonly job_name: string;
  readonly relabel_configs: readonly { readonly target_label?: string; readonly replacement?: string }[];
}

async function configuration(): Promise<string> {
  const packed = (await dataOf('secrets', 'prometheus-main'))['prometheus.yaml.gz'];
  return packed === undefined ? '' : gunzipSync(Buffer.from(packed, 'base64')).toString();
}

test('both monitors become jobs that promtool accepts, called as the rules ask for them, with the token and the authority', async () => {
  const both = async () => (await configuration()).includes(`podMonitor/${NAMESPACE}/faultline-controllers/0`);
  await operator.until('done with the monitors', both, 60_000);
  const text = await configuration();
  const file = join(dir, 'prometheus.yaml');
  await writeFile(file, text);
  await promisify(execFile)(promtool, ['check', 'config', '--syntax-only', file]);
  const jobs = new Map(
    (parse(text) as { scrape_configs: ScrapeConfig[] }).scrape_configs.map((one) => [one.job_name, one]),
  );
  const server = jobs.get(`podMonitor/${NAMESPACE}/faultline-server/0`);
  expect(server).toMatchObject({
    ...{ honor_labels: true, scheme: 'https' },
    authorization: { type: 'Bearer', credentials: 'of-faultline-metrics' },
    tls_config: { server_name: `faultline.${NAMESPACE}.svc`, ca_file: expect.stringContaining('faultline-serving') },
  });
  for (const name of ['faultline-server', 'faultline-controllers']) {
    const labels = jobs.get(`podMonitor/${NAMESPACE}/${name}/0`)?.relabel_configs ?? [];
    expect(labels.findLast(({ target_label }) => target_label === 'job')?.replacement).toBe(name);
  }
});

test('every rule gets through the operator’s own validation, and comes out as it went in', async () => {
  const rules = async () => Object.entries(await dataOf('configmaps', 'prometheus-main-rulefiles-0'));
  await operator.until('done with the rules', async () => (await rules()).length === 1, 60_000);
  const [[, text] = ['', '']] = await rules();
  const file = join(dir, 'rules.yaml');
  await writeFile(file, text);
  await promisify(execFile)(promtool, ['check', 'rules', file]);
  const ours = await readFile(join(import.meta.dirname, '../../manifests/monitoring/rules.yaml'), 'utf8');
  expect(names(text)).toEqual(names(ours));
  expect(names(text).length).toBeGreaterThan(20);
});

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert?: string; readonly record?: string }[] }[];
}

function names(text: string): string[] {
  return (parse(text) as Rules).groups.flatMap(({ rules }) => rules.map(({ alert, record }) => alert ?? record ?? ''));
}
