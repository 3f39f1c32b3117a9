import { describe, expect, test } from 'vitest';
import { reportSchema } from '../../../crds/report.ts';
import { readOver } from '../../../tests/recorded/read.ts';
import type { Finding, ObjectLike, Observation, Undecided } from '../../index.ts';
import controller from './index.ts';
import { type Options, optionsSchema } from './options.ts';

const PAC = 'pipelinesascode.tekton.dev/';
const KONFLUX = {
  'appstudio.openshift.io/application': 'shop',
  'appstudio.openshift.io/component': 'payments',
  'pipelines.appstudio.openshift.io/type': 'build',
};
const PUSH = {
  [`${PAC}event-type`]: 'push',
  [`${PAC}branch`]: 'refs-heads-main',
  [`${PAC}sha`]: '0123456789abcdef0123',
};

const defaults = optionsSchema.validate({}).value as Options;
const withOptions = (raw: object): Options => {
  const { error, value } = optionsSchema.validate(raw);
  if (error) throw error;
  return value as Options;
};

interface RunParts {
  name?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  metadata?: object;
  spec?: object;
  status?: object;
  condition?: object;
}

function run({ name = 'payments-on-push-x7k2p', condition, status, ...parts }: RunParts = {}): ObjectLike {
  const conditions = [
    { type: 'Succeeded', status: 'False', reason: 'Failed', lastTransitionTime: '2026-11-20T10:05:00Z', ...condition },
  ];
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: {
      name,
      namespace: 'shop',
      uid: 'u-run',
      creationTimestamp: '2026-11-20T10:00:00Z',
      labels: parts.labels ?? { ...KONFLUX, ...PUSH },
      annotations: parts.annotations ?? {},
      ...parts.metadata,
    },
    spec: parts.spec ?? {},
    status: { conditions, completionTime: '2026-11-20T10:05:00Z', ...status },
  } as ObjectLike;
}

function taskRun(task: string, status: object): ObjectLike {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: {
      name: `payments-on-push-x7k2p-${task}`,
      namespace: 'shop',
      uid: `u-${task}`,
      labels: { 'tekton.dev/pipelineTask': task },
      ownerReferences: [
        { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'payments-on-push-x7k2p', uid: 'u-run' },
      ],
    },
    status,
  } as unknown as ObjectLike;
}

const failedTask = (task: string, at: string, status: object = {}): ObjectLike =>
  taskRun(task, {
    completionTime: at,
    conditions: [{ type: 'Succeeded', status: 'False', reason: 'Failed', message: '"step-test" exited with code 2' }],
    steps: [
      { name: 'prepare', terminated: { exitCode: 0, reason: 'Completed' } },
      { name: 'test', terminated: { exitCode: 2, reason: 'Error' } },
      { name: 'report', terminated: { exitCode: 1, reason: 'Error' }, terminationReason: 'Skipped' },
    ],
    ...status,
  });

const testTask = (output: unknown, task = 'verify'): ObjectLike =>
  taskRun(task, {
    completionTime: '2026-11-20T10:04:00Z',
    conditions: [{ type: 'Succeeded', status: 'True', reason: 'Succeeded' }],
    results: [
      { name: 'TEST_OUTPUT', type: 'string', value: typeof output === 'string' ? output : JSON.stringify(output) },
    ],
  });

async function look(
  object: ObjectLike,
  others: ObjectLike[] = [],
  options = defaults,
  now?: number,
): Promise<Observation> {
  const verdict = await controller.observe(object, readOver(object, others, now), options);
  if ('undecided' in verdict || Array.isArray(verdict))
    throw new Error(`expected one observation: ${JSON.stringify(verdict)}`);
  // Whatever is said must pass the door of the API server.
  const { subject, observedAt, expiresAt, completedAt, createdAt, detail = 0, findings } = verdict as Observation;
  const order = { class: 'run', uid: 'u', detail, epoch: 1, sequence: 1, completedAt, createdAt };
  const body = { complete: true, findings };
  const report = { source: 'tekton-pipelinerun', namespace: 'shop', subject, order, observedAt, expiresAt, body };
  expect(reportSchema.validate(report, { abortEarly: false }).error).toBeUndefined();
  return verdict as Observation;
}

async function undecidedLook(object: ObjectLike, others: ObjectLike[] = [], now?: number): Promise<Undecided> {
  const verdict = await controller.observe(object, readOver(object, others, now), defaults);
  if (!('undecided' in verdict)) throw new Error(`expected no verdict: ${JSON.stringify(verdict)}`);
  return verdict;
}

async function finding(object: ObjectLike, others: ObjectLike[] = [], options = defaults): Promise<Finding> {
  const { findings } = await look(object, others, options);
  expect(findings).toHaveLength(1);
  return findings[0] as Finding;
}

const where = async (object: ObjectLike): Promise<string> => {
  const { subject } = await look(object);
  return `${subject.kind} ${subject.namespace}/${subject.name}${subject.aspect === undefined ? '' : ` ${subject.aspect}`}`;
};

describe('verdict', () => {
  test('a run that succeeded is healthy', async () => {
    const { findings } = await look(run({ condition: { status: 'True', reason: 'Completed' } }));
    expect(findings).toEqual([]);
  });

  test.each([
    ['no list of conditions', { conditions: undefined }, 'NotStarted'],
    ['no conditions', { conditions: [] }, 'NotStarted'],
    ['only a foreign condition', { conditions: [{ type: 'Ready', status: 'False' }] }, 'Malformed'],
    [
      'a condition that is still open',
      { conditions: [{ type: 'Succeeded', status: 'Unknown', reason: 'Running' }] },
      'Running',
    ],
    [
      'a pending run',
      { conditions: [{ type: 'Succeeded', status: 'Unknown', reason: 'PipelineRunPending' }] },
      'Pending',
    ],
    [
      'a run that stops',
      { conditions: [{ type: 'Succeeded', status: 'Unknown', reason: 'PipelineRunStopping' }] },
      'Running',
    ],
    ['a status that is no word', { conditions: [{ type: 'Succeeded', status: false }] }, 'Malformed'],
  ])('%s says nothing', async (_, status, reason) => {
    expect(await undecidedLook(run({ status }))).toEqual({ undecided: reason, final: false });
  });

  test.each(['Cancelled', 'CancelledRunFinally', 'StoppedRunFinally', 'PipelineRunCancelled'])(
    'a run that ended as %s is settled without a verdict',
    async (reason) => {
      expect(await undecidedLook(run({ condition: { reason } }))).toEqual({ undecided: 'Cancelled', final: true });
    },
  );

  test('a task that failed before somebody stopped the run is a failure', async () => {
    const found = await finding(run({ spec: { status: 'StoppedRunFinally' } }), [
      failedTask('unit', '2026-11-20T10:03:00Z'),
    ]);
    expect(found.reason).toBe('TaskRunFailed');
  });

  test('only the Succeeded condition counts, also when it gives no reason', async () => {
    const conditions = [
      { type: 'Failure', status: 'True' },
      { type: 'Succeeded', status: 'False' },
    ];
    expect((await finding(run({ status: { conditions } }))).reason).toBe('PipelineRunFailed');
    const healthy = [
      { type: 'Failure', status: 'True' },
      { type: 'Succeeded', status: 'True' },
    ];
    expect((await look(run({ status: { conditions: healthy } }))).findings).toEqual([]);
  });

  test('a run without a namespace or a name is malformed', async () => {
    expect(await undecidedLook(run({ metadata: { namespace: undefined } }))).toMatchObject({ undecided: 'Malformed' });
    expect(await undecidedLook(run({ metadata: { namespace: 'Not A Namespace' } }))).toMatchObject({
      undecided: 'Malformed',
    });
  });
});

describe('times', () => {
  test('a run without completionTime completed when its condition changed', async () => {
    const { completedAt, observedAt } = await look(run({ status: { completionTime: undefined } }));
    expect([completedAt, observedAt]).toEqual(['2026-11-20T10:05:00Z', '2026-11-20T10:05:00Z']);
  });

  test('invalid dates are left out instead of refused', async () => {
    const broken = run({
      metadata: { creationTimestamp: '2026-02-30T00:00:00Z' },
      status: { completionTime: 'yesterday' },
      condition: { lastTransitionTime: 17 },
    });
    const observation = await look(broken);
    expect(observation).not.toHaveProperty('completedAt');
    expect(observation).not.toHaveProperty('createdAt');
    expect(observation).not.toHaveProperty('expiresAt');
  });

  test('a pull request expires 14 days and a branch 90 days after its last run, a plain pipeline never', async () => {
    const pull = run({ labels: { ...KONFLUX, [`${PAC}event-type`]: 'pull_request', [`${PAC}pull-request`]: '18' } });
    expect((await look(pull)).expiresAt).toBe('2026-12-04T10:05:00.000Z');
    expect((await look(run())).expiresAt).toBe('2027-02-18T10:05:00.000Z');
    expect(await look(run({ labels: {}, spec: { pipelineRef: { name: 'nightly' } } }))).not.toHaveProperty('expiresAt');
    const options = withOptions({ branchExpiry: '30d', pullRequestExpiry: '2d' });
    expect((await look(run(), [], options)).expiresAt).toBe('2026-12-20T10:05:00.000Z');
    expect((await look(pull, [], options)).expiresAt).toBe('2026-11-22T10:05:00.000Z');
  });

  test('a subject that is only a generated name expires after 14 days', async () => {
    expect((await look(run({ labels: {} }))).expiresAt).toBe('2026-12-04T10:05:00.000Z');
  });
});

describe('identity', () => {
  const pullRequest = {
    ...KONFLUX,
    [`${PAC}event-type`]: 'pull_request',
    [`${PAC}branch`]: 'main',
    [`${PAC}pull-request`]: '18',
  };

  test('a push build is about its component and branch, a pull request never is', async () => {
    expect(await where(run())).toBe('Component shop/payments build/push/main');
    expect(await where(run({ labels: pullRequest }))).toBe('Component shop/payments build/pr/18');
  });

  test.each(['refs-heads-main', 'refs/heads/main', 'main'])('the branch %s is main', async (branch) => {
    expect(await where(run({ labels: { ...KONFLUX, ...PUSH, [`${PAC}branch`]: branch } }))).toMatch(
      /build\/push\/main$/,
    );
  });

  test('a branch with a slash is the same with and without the annotation that spells it', async () => {
    const labels = { ...KONFLUX, ...PUSH, [`${PAC}branch`]: 'refs-heads-release-1.0' };
    const annotated = run({ labels, annotations: { [`${PAC}branch`]: 'refs/heads/release/1.0' } });
    expect(await where(annotated)).toBe(await where(run({ labels })));
    expect((await finding(annotated)).title).toMatch(/^Build of payments on release\/1\.0 failed/);
  });

  test.each(['push', 'incoming', 'Push'])('event %s means the branch even when a number is there', async (event) => {
    const labels = { ...pullRequest, [`${PAC}event-type`]: event };
    expect(await where(run({ labels }))).toBe('Component shop/payments build/push/main');
  });

  test.each(['pull_request', 'Merge_Request', 'retest-all-comment', 'pull_request_labeled', 'ok-to-test-comment'])(
    'event %s with a number means the pull request',
    async (event) => {
      expect(await where(run({ labels: { ...pullRequest, [`${PAC}event-type`]: event } }))).toMatch(/build\/pr\/18$/);
    },
  );

  test('a pull-request event without a number is its commit, without a commit its run: never the branch', async () => {
    const { [`${PAC}pull-request`]: _, ...labels } = pullRequest;
    expect(await where(run({ labels: { ...labels, [`${PAC}sha`]: 'c782c8f81145fc13f516' } }))).toMatch(
      /build\/pr\/sha-c782c8f81145$/,
    );
    expect(await where(run({ labels }))).toMatch(/build\/pr\/run-payments-on-push-x7k2p$/);
    expect(await where(run({ labels: { ...pullRequest, [`${PAC}pull-request`]: 'eighteen' } }))).toMatch(
      /build\/pr\/run-/,
    );
  });

  test('a comment on a pushed commit means the branch', async () => {
    const labels = { ...KONFLUX, ...PUSH, [`${PAC}event-type`]: 'test-comment' };
    expect(await where(run({ labels }))).toMatch(/build\/push\/main$/);
  });

  test('without an event the branch label counts only as a full ref', async () => {
    expect(await where(run({ labels: { ...KONFLUX, [`${PAC}branch`]: 'main' } }))).toMatch(/build\/pr\/run-/);
    expect(await where(run({ labels: { ...KONFLUX, [`${PAC}branch`]: 'refs-heads-main' } }))).toMatch(/push\/main$/);
    const annotations = { 'build.appstudio.redhat.com/target_branch': 'main' };
    expect(await where(run({ labels: KONFLUX, annotations }))).toMatch(/push\/main$/);
    expect(await where(run({ labels: KONFLUX }))).toBe('Component shop/payments build');
    const onPull = { ...KONFLUX, [`${PAC}original-prname`]: 'payments-on-pull-request', [`${PAC}branch`]: 'main' };
    expect(await where(run({ labels: onPull }))).toMatch(/build\/pr\//);
  });

  test('a test run is about its scenario too, and reads the labels that integration-service copied', async () => {
    const labels = {
      ...KONFLUX,
      'pipelines.appstudio.openshift.io/type': 'test',
      'test.appstudio.openshift.io/scenario': 'smoke',
      'pac.test.appstudio.openshift.io/event-type': 'pull_request',
      'pac.test.appstudio.openshift.io/pull-request': '6',
    };
    expect(await where(run({ labels }))).toBe('Component shop/payments test/smoke/pr/6');
    const { 'appstudio.openshift.io/component': _, ...ofApplication } = labels;
    expect(await where(run({ labels: ofApplication }))).toBe('Application shop/shop test/smoke/pr/6');
  });

  test('a branch of a merge queue is of its own and short-lived', async () => {
    const queued = run({
      labels: { ...KONFLUX, ...PUSH, [`${PAC}branch`]: 'refs-heads-gh-readonly-queue-main-pr-18-abc' },
    });
    expect(await where(queued)).toBe('Component shop/payments build/push/gh-readonly-queue-main-pr-18-abc');
    expect((await look(queued)).expiresAt).toBe('2026-12-04T10:05:00.000Z');
  });

  test('Pipelines-as-Code outside Konflux is about its Repository', async () => {
    const labels = {
      ...PUSH,
      [`${PAC}repository`]: 'docs-site',
      [`${PAC}original-prname`]: 'publish',
      'tekton.dev/pipeline': 'publish-x1',
    };
    expect(await where(run({ labels }))).toBe('Repository shop/docs-site publish/main');
    const pull = { ...labels, [`${PAC}event-type`]: 'pull_request', [`${PAC}pull-request`]: '4' };
    expect(await where(run({ labels: pull }))).toBe('Repository shop/docs-site publish/pr/4');
  });

  test.each<[string, RunParts, string]>([
    ['original-prname', { labels: { [`${PAC}original-prname`]: 'deploy' } }, 'Pipeline shop/deploy'],
    [
      'pipelineRef.name',
      { labels: { 'tekton.dev/pipeline': 'x' }, spec: { pipelineRef: { name: 'nightly' } } },
      'Pipeline shop/nightly',
    ],
    [
      'the name that a resolver is given',
      { labels: {}, spec: { pipelineRef: { resolver: 'cluster', params: [{ name: 'name', value: 'nightly' }] } } },
      'Pipeline shop/nightly',
    ],
    ['the label', { labels: { 'tekton.dev/pipeline': 'nightly' } }, 'Pipeline shop/nightly'],
    [
      'generateName',
      { name: 'n-1', labels: { 'tekton.dev/pipeline': 'n-1' }, metadata: { generateName: 'n-' } },
      'PipelineRun shop/n-',
    ],
    ['the name', { name: 'once', labels: { 'tekton.dev/pipeline': 'once' } }, 'PipelineRun shop/once'],
  ])('a plain run is known by %s', async (_, parts, expected) => {
    expect(await where(run(parts))).toBe(expected);
  });

  test('a release pipeline is about the ReleasePlan of its parameter, else about the application of its Release', async () => {
    const labels = {
      'pipelines.appstudio.openshift.io/type': 'managed',
      'appstudio.openshift.io/application': 'shop',
      'release.appstudio.openshift.io/namespace': 'shop-tenant',
    };
    const spec = {
      params: [
        { name: 'release', value: 'a/b' },
        { name: 'releasePlan', value: 'shop-tenant/to-prod' },
      ],
    };
    expect(await where(run({ labels, spec }))).toBe('ReleasePlan shop-tenant/to-prod managed');
    expect(await where(run({ labels }))).toBe('Application shop-tenant/shop managed');
  });

  test('names that no object can have are passed over', async () => {
    const labels = { ...KONFLUX, 'appstudio.openshift.io/component': 'pay\u0000ments' };
    expect(await where(run({ labels }))).toBe('Application shop/shop build');
  });

  test('an aspect that is too long is cut without becoming another one', async () => {
    const long = (end: string) =>
      run({ labels: { ...KONFLUX, ...PUSH, [`${PAC}branch`]: `${'x'.repeat(250)}${end}` } });
    const [a, b] = [(await look(long('a'))).subject.aspect, (await look(long('b'))).subject.aspect];
    expect(a?.length).toBe(253);
    expect(a).not.toBe(b);
  });
});

describe('failure', () => {
  test('says which task and step failed, with its exit code', async () => {
    const found = await finding(run({ condition: { message: 'Tasks Completed: 2 (Failed: 1)' } }), [
      failedTask('lint', '2026-11-20T10:04:00Z', { steps: [] }),
      failedTask('unit', '2026-11-20T10:03:00Z'),
    ]);
    expect(found).toMatchObject({ key: 'run', type: 'build', severity: 'major', reason: 'TaskRunFailed' });
    expect(found.title).toBe('Build of payments on main failed in task unit, step test (exit code 2)');
    expect(found.description).toBe(
      [
        'Tasks Completed: 2 (Failed: 1)',
        '',
        'Failed tasks:',
        '- unit (Failed): "step-test" exited with code 2',
        '  step test: exit code 2',
        '- lint (Failed): "step-test" exited with code 2',
        '',
        'PipelineRun shop/payments-on-push-x7k2p, commit 0123456789ab',
      ].join('\n'),
    );
  });

  test('a pruned run is still a failure, with less detail', async () => {
    const full = await look(run(), [failedTask('unit', '2026-11-20T10:03:00Z')]);
    const pruned = await look(run());
    expect([full.detail, pruned.detail]).toEqual([1, 0]);
    expect(pruned.findings[0]).toMatchObject({ reason: 'TaskRunFailed', title: 'Build of payments on main failed' });
  });

  test('a task whose failure the pipeline ignores, and one that was cancelled, are not to blame', async () => {
    const condition = (reason: string) => ({ conditions: [{ type: 'Succeeded', status: 'False', reason }] });
    const found = await finding(run(), [
      failedTask('optional', '2026-11-20T10:01:00Z', condition('FailureIgnored')),
      failedTask('unit', '2026-11-20T10:03:00Z'),
      failedTask('other', '2026-11-20T10:02:00Z', condition('TaskRunCancelled')),
    ]);
    expect(found.title).toContain('in task unit');
    expect(found.description).not.toContain('optional');
  });

  test('reads the embedded TaskRuns of v1beta1, and prefers the object', async () => {
    const conditions = [
      { type: 'Succeeded', status: 'False', reason: 'TaskRunTimeout', message: 'failed to finish within "5m0s"' },
    ];
    const taskRuns = {
      'payments-on-push-x7k2p-unit': {
        pipelineTaskName: 'unit',
        status: { completionTime: '2026-11-20T10:03:00Z', conditions },
      },
    };
    const embedded = await look(run({ status: { taskRuns } }));
    expect(embedded.findings[0]).toMatchObject({
      reason: 'TaskRunTimeout',
      title: 'Build of payments on main timed out after 5m0s in task unit',
    });
    expect(embedded.detail).toBe(1);
    expect((await finding(run({ status: { taskRuns } }), [failedTask('unit', '2026-11-20T10:03:00Z')])).reason).toBe(
      'TaskRunFailed',
    );
  });

  test.each([
    ['CouldntGetPipeline', 'never started: the pipeline could not be fetched'],
    ['PipelineValidationFailed', 'never started: the pipeline is not valid'],
    ['ParameterMissing', 'never started: a parameter is missing'],
    ['InvalidWorkspaceBindings', 'never started: a workspace is missing or wrong'],
  ])('%s is told apart from a failure', async (reason, words) => {
    const found = await finding(run({ condition: { reason } }));
    expect(found).toMatchObject({ reason, title: `Build of payments on main ${words}` });
    expect(found.remediation?.text).toBeTruthy();
  });

  test('a task whose image could not be pulled never started, though others ran', async () => {
    const conditions = [
      { type: 'Succeeded', status: 'False', reason: 'TaskRunImagePullFailed', message: 'ErrImagePull' },
    ];
    const found = await finding(run(), [taskRun('unit', { conditions, completionTime: '2026-11-20T10:03:00Z' })]);
    expect(found).toMatchObject({
      reason: 'TaskRunImagePullFailed',
      title: 'Build of payments on main failed: task unit never started (an image could not be pulled)',
    });
  });

  test('a used-up quota is recognised by what Kubernetes says', async () => {
    const message = 'pods "x" is forbidden: exceeded quota: compute, requested: limits.cpu=4';
    expect((await finding(run({ condition: { reason: 'CreateRunFailed', message } }))).reason).toBe(
      'ExceededResourceQuota',
    );
    expect((await finding(run({ condition: { reason: 'CreateRunFailed', message: 'no' } }))).reason).toBe(
      'CreateRunFailed',
    );
  });

  test('a run that could create its first tasks has started, also when they were pruned', async () => {
    const condition = { reason: 'CreateRunFailed', message: 'exceeded quota: compute' };
    const status = {
      childReferences: [{ kind: 'TaskRun', name: 'payments-on-push-x7k2p-clone', pipelineTaskName: 'clone' }],
    };
    expect((await finding(run({ condition }))).title).toBe(
      'Build of payments on main never started: the quota of the namespace is used up',
    );
    expect((await finding(run({ condition, status }))).title).toBe(
      'Build of payments on main failed: the quota of the namespace is used up',
    );
  });

  test('a step that ran out of memory says so', async () => {
    const steps = [{ name: 'build', terminated: { exitCode: 137, reason: 'OOMKilled' } }];
    const found = await finding(run(), [failedTask('container', '2026-11-20T10:03:00Z', { steps })]);
    expect(found).toMatchObject({
      reason: 'OOMKilled',
      title: 'Build of payments on main failed: a step ran out of memory in task container',
    });
  });

  test('an unknown reason stays as it is when it is one, and is not invented when it is none', async () => {
    expect((await finding(run({ condition: { reason: 'SomethingNew' } }))).reason).toBe('SomethingNew');
    expect((await finding(run({ condition: { reason: 'constructor' } }))).title).toContain('failed: constructor');
    expect((await finding(run({ condition: { reason: 'two words!' } }))).reason).toBe('PipelineRunFailed');
  });
});

describe('tests', () => {
  const scenario = {
    ...KONFLUX,
    ...PUSH,
    'pipelines.appstudio.openshift.io/type': 'test',
    'test.appstudio.openshift.io/scenario': 'smoke',
  };
  const green = (parts: RunParts = {}) =>
    run({ labels: scenario, ...parts, condition: { status: 'True', reason: 'Succeeded' } });

  test.each(['SUCCESS', 'SKIPPED', 'WARNING'])('%s passes', async (result) => {
    expect((await look(green(), [testTask({ result })])).findings).toEqual([]);
  });

  test.each<[unknown, string]>([
    [{ result: 'FAILURE', failures: 3, note: 'see logs' }, 'TestFailed'],
    [{ result: 'ERROR' }, 'TestError'],
    [{ result: 'PASSED' }, 'TestOutputInvalid'],
    [{ failures: 0 }, 'TestOutputInvalid'],
    ['not json', 'TestOutputInvalid'],
  ])('a run that succeeded while its test says %j is a failed test', async (output, reason) => {
    expect(await finding(green(), [testTask(output)])).toMatchObject({ type: 'test', severity: 'major', reason });
  });

  test('names the task and how many failed', async () => {
    const outputs = [testTask({ result: 'FAILURE', failures: 3 }), testTask({ result: 'SUCCESS' }, 'other')];
    expect((await finding(green(), outputs)).title).toBe(
      'Test smoke of payments on main failed its tests in task verify: 3 failed',
    );
  });

  test('the legacy name, v1beta1 results and the result of the pipeline count too', async () => {
    const value = '{"result":"FAILURE"}';
    const legacy = taskRun('verify', { taskResults: [{ name: 'HACBS_TEST_OUTPUT', value }] });
    expect((await finding(green(), [legacy])).reason).toBe('TestFailed');
    expect((await finding(green({ status: { results: [{ name: 'TEST_OUTPUT', value }] } }))).reason).toBe('TestFailed');
  });

  test('a build whose check reports failures is healthy: its policy decides elsewhere', async () => {
    const build = run({ condition: { status: 'True', reason: 'Completed' } });
    expect((await look(build, [testTask({ result: 'FAILURE' })])).findings).toEqual([]);
  });

  test('an optional scenario is minor, by the label of the run or of the scenario', async () => {
    const labels = { ...scenario, 'test.appstudio.openshift.io/optional': 'true' };
    expect((await finding(green({ labels }), [testTask({ result: 'FAILURE' })])).severity).toBe('minor');
    const object = {
      apiVersion: 'appstudio.redhat.com/v1beta2',
      kind: 'IntegrationTestScenario',
      metadata: { name: 'smoke', namespace: 'shop', labels: { 'test.appstudio.openshift.io/optional': 'true' } },
    };
    expect((await finding(green(), [testTask({ result: 'FAILURE' }), object])).severity).toBe('minor');
  });

  test('waits a moment for TaskRuns that the other watch has not brought yet, but not for pruned ones', async () => {
    const status = {
      childReferences: [{ kind: 'TaskRun', name: 'payments-on-push-x7k2p-verify', pipelineTaskName: 'verify' }],
    };
    const at = Date.UTC(2026, 10, 20, 10, 5, 1);
    expect(await undecidedLook(green({ status }), [], at)).toEqual({ undecided: 'AwaitingTaskRuns', again: 1_000 });
    expect((await look(green({ status }), [testTask({ result: 'SUCCESS' })], defaults, at)).findings).toEqual([]);
    expect((await look(green({ status }), [], defaults, at + 10_000)).findings).toEqual([]);
  });
});

describe('classification', () => {
  const pull = {
    ...KONFLUX,
    [`${PAC}event-type`]: 'pull_request',
    [`${PAC}pull-request`]: '18',
    [`${PAC}sender`]: 'mona',
  };

  test('what stops one change is minor and development, what stops shipping is major and releasable', async () => {
    expect(await finding(run({ labels: pull }))).toMatchObject({
      severity: 'minor',
      labels: {
        'faultline.dev/stage': 'development',
        'faultline.dev/origin': 'user',
        'faultline.dev/application': 'shop',
      },
    });
    expect(await finding(run())).toMatchObject({ severity: 'major', labels: { 'faultline.dev/stage': 'releasable' } });
    const release = { 'pipelines.appstudio.openshift.io/type': 'tenant', 'appstudio.openshift.io/application': 'shop' };
    expect(await finding(run({ labels: release }))).toMatchObject({ type: 'release', severity: 'critical' });
    expect((await finding(run({ labels: {} }))).labels).toEqual({});
  });

  test.each([
    [{ [`${PAC}source-branch`]: 'konflux/mintmaker/main/go-1.x' }, 'mona'],
    [{ [`${PAC}sha-title`]: 'Merge pull request #7 from org/konflux/mintmaker/main/go-1.x' }, 'mona'],
    [{}, 'renovate__bot'],
  ])('%j from %s is of the dependency bot', async (annotations, sender) => {
    const labels = { ...pull, [`${PAC}sender`]: sender };
    expect((await finding(run({ labels, annotations }))).labels).toMatchObject({ 'faultline.dev/origin': 'mintmaker' });
  });

  test('an override beats the label of the run, which beats the default', async () => {
    const labelled = run({
      labels: { ...KONFLUX, ...PUSH, 'faultline.dev/severity': 'info', 'faultline.dev/stage': 'canary' },
    });
    expect(await finding(labelled)).toMatchObject({ severity: 'info', labels: { 'faultline.dev/stage': 'canary' } });
    const options = withOptions({
      overrides: [
        { labels: { 'appstudio.openshift.io/component': 'payments', absent: '*' }, severity: 'minor' },
        { labels: { 'appstudio.openshift.io/component': '*' }, severity: 'critical', type: 'pipeline' },
      ],
    });
    expect(await finding(labelled, [], options)).toMatchObject({ severity: 'critical', type: 'pipeline' });
    const nonsense = run({ labels: { ...KONFLUX, ...PUSH, 'faultline.dev/severity': 'catastrophic' } });
    expect((await finding(nonsense)).severity).toBe('major');
  });

  test('label values that Kubernetes would refuse are left out', async () => {
    const labels = { ...KONFLUX, ...PUSH, 'appstudio.openshift.io/application': 'a'.repeat(64) };
    expect((await finding(run({ labels }))).labels).not.toHaveProperty('faultline.dev/application');
  });
});

describe('links', () => {
  test('log, console, commit and pull request, as far as they are known', async () => {
    const labels = {
      ...KONFLUX,
      [`${PAC}event-type`]: 'pull_request',
      [`${PAC}pull-request`]: '18',
      [`${PAC}sha`]: '0123456789abcdef',
    };
    const annotations = {
      [`${PAC}log-url`]: 'https://logs.example/run?x=a b',
      [`${PAC}sha-title`]: 'Fix the thing',
      [`${PAC}repo-url`]: 'https://token:secret@git.example/org/payments.git',
    };
    const options = withOptions({ consoleURL: 'https://console.example/{namespace}/{name}?app={application}' });
    const found = await finding(run({ labels, annotations }), [], options);
    expect(found.links).toEqual([
      { rel: 'log', title: 'Log', url: 'https://logs.example/run?x=a%20b' },
      { rel: 'console', title: 'Console', url: 'https://console.example/shop/payments-on-push-x7k2p?app=shop' },
      { rel: 'commit', title: 'Fix the thing', url: 'https://git.example/org/payments/commit/0123456789abcdef' },
      { rel: 'pull-request', title: 'Pull request 18', url: 'https://git.example/org/payments/pull/18' },
    ]);
  });

  test.each(['javascript:alert(1)', 'file:///etc/passwd', 'not a url', `https://x.example/${'y'.repeat(5_000)}`])(
    'the log URL %.30s is left out',
    async (url) => {
      expect((await finding(run({ annotations: { [`${PAC}log-url`]: url } }))).links).toEqual([]);
    },
  );

  test.each([
    ['gitlab', '/-/merge_requests/18'],
    ['gitea', '/pulls/18'],
    ['bitbucket-cloud', '/pull-requests/18'],
  ])('knows where %s shows a pull request', async (provider, path) => {
    const labels = {
      ...KONFLUX,
      [`${PAC}event-type`]: 'pull_request',
      [`${PAC}pull-request`]: '18',
      [`${PAC}git-provider`]: provider,
    };
    const found = await finding(run({ labels, annotations: { [`${PAC}repo-url`]: 'https://git.example/o/r' } }));
    expect(found.links).toContainEqual({
      rel: 'pull-request',
      title: 'Pull request 18',
      url: `https://git.example/o/r${path}`,
    });
  });
});
