import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startCommand } from '../../cli/testing/running-command.ts';
import { kubectls } from '../controlplane/kubectl.ts';
import { type ConformanceJson, outcomesOf, outcomesOfPage, writePage } from './conformance-page.ts';
import { type Installation, install } from './installation.ts';
import { at, buildRun, createRun } from './pipelineruns.ts';

/**
 * The conformance kit against issues, through the aggregator of a real kube-apiserver, and against a CRD of the same
 * shape behind the same server, which is the oracle too. `FAULTLINE_UPDATE_DOCS=1` writes docs/conformance.md.
 */
const COMPONENTS: Readonly<Record<string, readonly string[]>> = {
  shop: ['payments', 'cart', 'search'],
  // More than 128 KiB, where pages are compressed.
  web: Array.from({ length: 100 }, (_, index) => `page-${index}`),
};
let faultline: Installation;
let issues: ConformanceJson & { exitCode: number };
let crd: ConformanceJson & { exitCode: number };

beforeAll(async () => {
  faultline = await install({ namespaces: ['shop', 'web'] });
  const failing = { succeeded: false, at: at(0) } as const;
  for (const [namespace, components] of Object.entries(COMPONENTS)) {
    await Promise.all(
      components.map((component) =>
        createRun(faultline.plane, { name: `${component}-1`, namespace, component }, failing),
      ),
    );
    await faultline.until(namespace, (found) => found.length === components.length);
  }
  await createOracle();
  await faultline.plane.serviceAccountToken('shop', 'default'); // makes the ServiceAccount: no controller manager runs here
  issues = await conformance('issues.faultline.dev', await recovery(), [
    '--direct',
    `https://127.0.0.1:${faultline.server.port}`,
    '--oracle',
    'issues.oracle.dev',
  ]);
  crd = await conformance('issues.oracle.dev', await relabelling());
});
afterAll(async () => faultline?.[Symbol.asyncDispose]());

describe('the conformance kit', () => {
  test.each(['MUST', 'SHOULD'])('finds that issues meet every %s that can be seen', (level) => {
    const unmet = issues.items.filter((item) => item.level === level && item.outcome === 'failed');
    expect(unmet.map(({ number, message }) => `${number}: ${message}`)).toEqual([]);
    expect(issues.scores.find((score) => score.level === level)?.percent).toBe(100);
  });

  test('answers 0 for issues: a pipeline may depend on it', () => {
    expect(issues.exitCode).toBe(0);
  });

  test('sees what only happens when something changes', () => {
    const outcomes = issues.items.filter(({ number }) => ['V4', 'W7', 'W8', 'W10'].includes(number));
    expect(outcomes.map(({ number, outcome, message = '' }) => `${number} ${outcome} ${message}`.trim())).toEqual([
      'V4 passed',
      'W7 passed',
      'W8 passed',
      'W10 passed',
    ]);
  });

  test('finds that issues answer the corpus as a CRD does', () => {
    const different = issues.oracle?.requests.filter(({ differences }) => differences.length > 0) ?? [];
    expect(different.map(({ number, path, differences }) => [`${number} ${path}`, ...differences])).toEqual([]);
  });

  test('runs against the CRD too', () => {
    const [must] = crd.scores;
    expect(must?.passed).toBeGreaterThan(35);
  });

  test('changed nothing', async () => {
    const states = (await faultline.issues('shop')).map(({ status }) => `${status.state} ${status.reopened}`);
    expect(states.sort()).toEqual(['Active 0', 'Active 0', 'Resolved 0']); // the last by the change command
    const others = (await faultline.issues('web')).filter(({ status }) => status.state === 'Active');
    expect(others).toHaveLength(100);
  });

  test('docs/conformance.md shows what was measured (FAULTLINE_UPDATE_DOCS=1 writes it)', () => {
    if (process.env.FAULTLINE_UPDATE_DOCS) writePage(issues, crd);
    expect(outcomesOfPage()).toEqual(outcomesOf(issues, crd));
  });
});

async function conformance(
  resource: string,
  changeCommand: string,
  more: readonly string[] = [],
): Promise<ConformanceJson & { exitCode: number }> {
  await using command = startCommand(
    [
      ...['conformance', '--kubeconfig', faultline.plane.adminKubeconfigPath, '--resource', resource, '-o', 'json'],
      ...['--change-command', changeCommand, ...more],
    ],
    { env: { PATH: process.env.PATH, HOME: faultline.plane.dir } }, // where kubectl caches
  );
  const exitCode = await command.exitCode;
  const text = command.out.text();
  if (!text.startsWith('{')) throw new Error(`no report: ${text}${command.err.text()}\n${await faultline.logs()}`);
  return { ...(JSON.parse(text) as ConformanceJson), exitCode };
}

const kubectl = (): string => {
  const { path } = kubectls().at(-1) as { path: string };
  return `${path} --kubeconfig ${faultline.plane.adminKubeconfigPath}`;
};

/** A run that succeeds: its issue resolves, and so leaves the selectors of what is Active. */
async function recovery(): Promise<string> {
  const file = join(faultline.dir, 'recovered.json');
  const when = at(20);
  const condition = { type: 'Succeeded', status: 'True', reason: 'Succeeded', message: '', lastTransitionTime: when };
  const status = { startTime: when, completionTime: when, conditions: [condition] };
  await writeFile(file, JSON.stringify(buildRun({ name: 'cart-2', namespace: 'shop', component: 'cart' })));
  const patch = `patch -n shop pipelinerun cart-2 --subresource=status --type=merge -p '${JSON.stringify({ status })}'`;
  return `${kubectl()} create -f ${file} && ${kubectl()} ${patch} && sleep 4`;
}

/** Some leave a selector, some are deleted. */
async function relabelling(): Promise<string> {
  const resource = 'issues.v1alpha1.oracle.dev';
  const gone = (await faultline.issues('web')).slice(-2).map(({ metadata }) => metadata.name);
  const label = `label -n shop --overwrite ${resource} --all faultline.dev/state=Resolved`;
  return `${kubectl()} ${label} && ${kubectl()} delete -n web ${resource} ${gone.join(' ')} && sleep 1`;
}

/** A CRD with the schema, columns and selectable fields of issues, and a copy of every issue. */
async function createOracle(): Promise<void> {
  const { plane } = faultline;
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const text = { type: 'string' };
  const spec = { ...anything, properties: { severity: text, type: text, source: text, reason: text, title: text } };
  const status = { ...anything, properties: { state: text } };
  const schema = { description: 'The oracle.', type: 'object', properties: { spec, status } };
  const column = (name: string, jsonPath: string, priority = 0) => ({ name, type: 'string', jsonPath, priority });
  const version = {
    name: 'v1alpha1',
    served: true,
    storage: true,
    schema: { openAPIV3Schema: schema },
    selectableFields: [{ jsonPath: '.status.state' }, { jsonPath: '.spec.severity' }, { jsonPath: '.spec.type' }],
    additionalPrinterColumns: [
      column('Severity', '.spec.severity'),
      column('Type', '.spec.type'),
      column('State', '.status.state'),
      column('Title', '.spec.title'),
      column('Source', '.spec.source', 1),
    ],
  };
  const names = { plural: 'issues', singular: 'issue', kind: 'Issue', listKind: 'IssueList' };
  const body = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'issues.oracle.dev' },
    spec: { group: 'oracle.dev', scope: 'Namespaced', names, versions: [version] },
  };
  const answer = await plane.request('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    method: 'POST',
    body,
  });
  expect(answer.status, answer.body).toBe(201);
  const listed = async () => expect((await plane.request('/apis/oracle.dev/v1alpha1/issues')).status).toBe(200);
  await vi.waitFor(listed, { timeout: 20_000 });
  const role = {
    metadata: { name: 'view-oracle', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
    rules: [{ apiGroups: ['oracle.dev'], resources: ['issues'], verbs: ['get', 'list', 'watch'] }],
  };
  await plane.request('/apis/rbac.authorization.k8s.io/v1/clusterroles', { method: 'POST', body: role });
  for (const namespace of Object.keys(COMPONENTS)) {
    for (const { metadata, ...issue } of await faultline.issues(namespace)) {
      const { name, labels } = metadata;
      const copy = {
        ...issue,
        apiVersion: 'oracle.dev/v1alpha1',
        kind: 'Issue',
        metadata: { name, namespace, labels },
      };
      const path = `/apis/oracle.dev/v1alpha1/namespaces/${namespace}/issues`;
      const created = await plane.request(path, { method: 'POST', body: copy });
      expect(created.status, created.body).toBe(201);
    }
  }
}
