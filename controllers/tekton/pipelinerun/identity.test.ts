import { describe, expect, test } from 'vitest';
import { finding, KONFLUX, look, PAC, PUSH, type RunParts, run, where } from './samples.contract.ts';

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
