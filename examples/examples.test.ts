import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { BUILT_INS } from '../cli/configuration/controllers.ts';
import { startCommand } from '../cli/testing/running-command.ts';
import type { ControllerDefinition, ObjectLike } from '../controllers/index.ts';
import pipelineRun from '../controllers/tekton/pipelinerun/index.ts';
import { configurationSchema } from '../crds/configuration.ts';
import type { IssueList } from '../crds/issue.ts';
import { judge, openIssues } from '../tests/recorded/judge.ts';
import { loadObjects } from '../tests/recorded/read.ts';
import certificate from './controllers/certificate.ts';

const folder = join(import.meta.dirname, 'cluster');
const objects = loadObjects(folder);
const read = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8');
const parsed = (text: string): ObjectLike[] => parseAllDocuments(text).map((document) => document.toJS() as ObjectLike);

describe('the example cluster', () => {
  test('shows these issues', async () => {
    const lines = (await judge(pipelineRun, objects))
      .filter(({ severity }) => severity)
      .map(({ severity, verdict, title }) => `${severity} ${verdict}: ${title}`);
    expect([...new Set(lines)]).toMatchInlineSnapshot(`
      [
        "major ExceededResourceQuota: Build of dashboards on main never started: the quota of the namespace is used up (compute-build: limits.cpu)",
        "major TaskRunTimeout: Build of ingest on main timed out after 15m0s in task unit-tests",
        "major TaskRunImagePullFailed: Build of models on main failed: task unit-tests never started (an image could not be pulled)",
        "major TaskRunFailed: Pipeline publish of handbook on main failed in task links, step check (exit code 1)",
        "major ParameterMissing: Pipeline nightly-backup never started: a parameter is missing",
        "critical TaskRunFailed: Release of shop-to-production (managed pipeline) failed in task verify-policy, step validate (exit code 1)",
        "minor CouldntGetTask: Build of payments for pull request 43 never started: a task could not be fetched (the cluster has no task sbom-validate)",
        "minor OOMKilled: Build of payments for pull request 42 failed: a step ran out of memory in task build-container",
        "major TaskRunFailed: Build of payments on main failed in task unit-tests, step test (exit code 2)",
        "minor TestError: Test load of payments on main failed: the test reports an error of its own in task load",
        "major TestFailed: Test smoke of payments on main failed its tests in task check: 2 failed",
        "minor CouldntGetPipeline: Test smoke of payments for pull request 42 never started: the pipeline could not be fetched (there is no such branch or revision)",
        "major TaskRunFailed: Build of storefront on main failed",
        "major PipelineRunTimeout: Build of storefront on main timed out after 1h0m0s",
      ]
    `);
  });

  test('has runs that say nothing and subjects that are well', async () => {
    const verdicts = (await judge(pipelineRun, objects)).filter(({ severity }) => !severity);
    expect(verdicts.map(({ run, verdict }) => `${run} ${verdict}`)).toMatchInlineSnapshot(`
      [
        "docs/publish-8k5rm healthy",
        "platform/database-restore-xk4jz undecided: Pending",
        "shop/catalog-on-push-7dmx2 healthy",
        "shop/catalog-on-push-k3lsp undecided: Cancelled (final)",
        "shop/catalog-on-push-wn84h undecided: Running",
        "shop/payments-on-push-9c2lf healthy",
        "shop/search-on-push-h2x6q healthy",
        "shop/storefront-on-push-bk29s healthy",
        "shop/tenant-7ws2p healthy",
      ]
    `);
  });

  test('keeps what failed since the last success as the occurrences of one issue', async () => {
    const issues = await openIssues(pipelineRun, objects);
    expect(Object.keys(issues)).toHaveLength(13);
    expect(issues['Component shop/storefront build/push/main']).toEqual([
      'shop/storefront-on-push-q6r5d',
      'shop/storefront-on-push-zt7vc',
    ]);
    expect(issues).not.toHaveProperty(['Component shop/search build/push/main']);
  });

  test('loses the issue of payments when the status in payments-build.yaml is edited as its comment says', async () => {
    const text = read('cluster/shop/payments-build.yaml');
    const edited = text.replace('status: "False"', 'status: "True"');
    expect(text.split('status: "False"')).toHaveLength(2);
    const [run] = parsed(edited);
    const others = objects.filter(({ metadata }) => metadata.name !== run?.metadata.name);
    expect(await openIssues(pipelineRun, [...others, run as ObjectLike])).not.toHaveProperty([
      'Component shop/payments build/push/main',
    ]);
  });

  test('gains an issue of search when new-failure.yaml is copied into it', async () => {
    const issues = await openIssues(pipelineRun, [...objects, ...parsed(read('new-failure.yaml'))]);
    expect(issues['Component shop/search build/push/main']).toEqual(['shop/search-on-push-w9d3m']);
  });

  test('has the component of every run, as a cluster would', () => {
    const known = new Set(objects.map(({ kind, metadata }) => `${kind}/${metadata.namespace}/${metadata.name}`));
    const missing = objects
      .map(({ metadata }) => [metadata.namespace, metadata.labels?.['appstudio.openshift.io/component']])
      .filter(([, component]) => component !== undefined)
      .filter(([namespace, component]) => !known.has(`Component/${namespace}/${component}`));
    expect(missing).toEqual([]);
  });
});

describe('the third-party controller', () => {
  const expected = [
    expect.objectContaining({ run: 'platform/registry', verdict: 'Expired', severity: 'critical' }),
    expect.objectContaining({ run: 'platform/status-page', verdict: 'healthy' }),
  ];

  test('reports the expired certificate from the TypeScript file', async () => {
    expect(await judge(certificate, objects)).toEqual(expected);
  });

  test('says the same from the npm package, which needs nothing of Faultline at run time', async () => {
    const { exports: entry } = JSON.parse(read('npm/faultline-plugin-certificates/package.json')) as {
      exports: string;
    };
    const url = new URL(`npm/faultline-plugin-certificates/${entry}`, import.meta.url);
    const module = (await import(url.href)) as { default: ControllerDefinition<ObjectLike> };
    expect(await judge(module.default, objects)).toEqual(await judge(certificate, objects));
  });

  test('loads both ways in a project of its own, named in faultline.yaml as a file and as a package', async () => {
    const project = await mkdtemp(join(tmpdir(), 'faultline-example-'));
    try {
      await cp(join(import.meta.dirname, 'controllers/certificate.ts'), join(project, 'certificate.ts'));
      await cp(join(import.meta.dirname, 'npm'), join(project, 'node_modules'), { recursive: true });
      await writeFile(
        join(project, 'faultline.yaml'),
        `apiVersion: config.faultline.dev/v1alpha1
kind: FaultlineConfiguration
controllers:
  - use: ./certificate.ts
  - { use: npm:faultline-plugin-certificates, name: package }
`,
      );
      // In a process of its own: vitest would resolve the imports of the file instead of Node.
      const main = join(import.meta.dirname, '../cli/main.ts');
      const argv = [main, 'replay', join(folder, 'platform'), '-o', 'json'];
      const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: project });
      const { items } = JSON.parse(stdout) as IssueList;
      const said = { reason: 'Expired', severity: 'critical', title: expect.stringContaining('has expired') as string };
      expect(items.map(({ spec }) => spec)).toMatchObject([
        { source: expect.stringMatching(/^(certificate|package)$/) as string, ...said },
        { source: expect.stringMatching(/^(certificate|package)$/) as string, ...said },
      ]);
      expect(new Set(items.map(({ spec }) => spec.source)).size).toBe(2);
    } finally {
      await rm(project, { recursive: true });
    }
  }, 60_000);
});

test('the cluster in which things do not run shows these issues, from all its controllers at once', async () => {
  const argv = ['replay', 'workloads/cluster', '--config', 'workloads/faultline.yaml', '-o', 'json'];
  const command = startCommand(argv, { directory: import.meta.dirname });
  expect(await command.exitCode).toBe(0);
  expect(command.err.text()).toBe('');
  const { items } = JSON.parse(command.out.text()) as IssueList;
  const lines = items.map(
    ({ metadata, spec }) => `${metadata.namespace} ${spec.severity} ${spec.reason}: ${spec.title}`,
  );
  expect(lines.sort()).toMatchInlineSnapshot(`
    [
      "faultline-system critical APIServiceUnavailable: The API v1beta1.metrics.k8s.io is not available",
      "faultline-system critical Unreachable: Node worker-2 does not answer",
      "platform major BuildFailed: Kustomization platform: Ready is False: BuildFailed",
      "shop major BackoffLimitExceeded: The last Job of CronJob backup failed and used up its retries",
      "shop major CrashLoopBackOff: Deployment checkout: container app crashes again and again (exit code 1) in its Pod",
      "shop major ProgressDeadlineExceeded: The rollout of Deployment checkout is stuck",
      "shop minor QuotaNearLimit: requests.cpu of quota compute is used to more than 85 %",
    ]
  `);
  // A workload is its Pods' subject, and what is of the whole cluster has no namespace of its own.
  expect(items.filter(({ spec }) => spec.subject.kind === 'Pod')).toEqual([]);
  expect(items.find(({ spec }) => spec.subject.kind === 'Node')?.spec.subject).not.toHaveProperty('namespace');
}, 60_000);

test('examples/faultline.yaml is a configuration, and its options are those of the controllers', async () => {
  const { error, value } = configurationSchema.validate(parse(read('faultline.yaml')), { abortEarly: false });
  expect(error).toBeUndefined();
  const { controllers } = value as { controllers: { use: string; with?: object }[] };
  const builtIn = controllers.filter(({ use }) => !/^(\.|npm:)/.test(use));
  expect(builtIn.length).toBeGreaterThan(9);
  for (const { use, with: options = {} } of builtIn) {
    const module = (await BUILT_INS.get(use)?.()) as { default: ControllerDefinition } | undefined;
    const checked = module?.default.options?.validate(options, { abortEarly: false });
    expect([use, checked?.error, checked?.value]).toEqual([use, undefined, expect.any(Object)]);
  }
});
