import { describe, expect, test } from 'vitest';
import type { Finding, ObjectLike } from '../../index.ts';
import { describeHealthy, describeHostile, looksAt, NOW, undecidedOf, where } from '../../pipelines/kit.contract.ts';
import controller from './index.ts';
import { problemsOf } from './renovate-log.ts';

const MINTMAKER = 'mintmaker.appstudio.redhat.com/';
const minutesAgo = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString();

function run(condition: object = {}, parts: { namespace?: string; minutes?: number; spec?: object } = {}): ObjectLike {
  const at = minutesAgo(parts.minutes ?? 5);
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: {
      name: 'renovate-1',
      namespace: parts.namespace ?? 'mintmaker',
      uid: 'u-run',
      creationTimestamp: minutesAgo(30),
      labels: {
        [`${MINTMAKER}component`]: 'payments',
        [`${MINTMAKER}namespace`]: 'shop',
        [`${MINTMAKER}application`]: 'shop',
      },
    },
    spec: parts.spec ?? {},
    status: {
      completionTime: at,
      conditions: [{ type: 'Succeeded', status: 'True', reason: 'Succeeded', lastTransitionTime: at, ...condition }],
    },
  } as unknown as ObjectLike;
}

const taskRun = {
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: {
    name: 'renovate-1-build',
    namespace: 'mintmaker',
    ownerReferences: [{ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'renovate-1', uid: 'u-run' }],
  },
  status: { podName: 'renovate-1-build-pod' },
} as unknown as ObjectLike;

const line = (msg: string, more: object = {}): string => JSON.stringify({ name: 'renovate', level: 20, msg, ...more });
const BRANCH = 'konflux/mintmaker/main/lodash-vulnerability';

/** Of both subjects together. */
async function onlyFinding(...[plugin, object, scene]: Parameters<typeof looksAt>): Promise<Finding> {
  const findings = (await looksAt(plugin, object, scene)).flatMap((look) => look.findings);
  expect(findings).toHaveLength(1);
  return findings[0] as Finding;
}

/** What is said of the run, and of its updates: reasons, why there is no verdict, or healthy. */
async function said(scene: object, ...log: string[]): Promise<string[]> {
  const looks = await looksAt(controller, run(), { ...scene, log });
  return looks.map(
    ({ noVerdict, findings }) => noVerdict ?? (findings.map(({ reason }) => reason).join() || 'healthy'),
  );
}

describe('a run of MintMaker', () => {
  test('is about the dependencies of a Component, in the namespace of that Component', async () => {
    const log = [line('Repository finished')];
    const looks = await looksAt(controller, run(), { others: [taskRun], log });
    expect(looks.map(where)).toEqual([
      'Component shop/payments dependencies',
      'Component shop/payments dependencies/updates',
    ]);
    const healthy = { namespace: 'shop', findings: [], expiresAt: minutesAgo(5 - 14 * 1_440) };
    expect(looks).toMatchObject([healthy, healthy]);
  });

  test('that ended well says nothing without its log: later perhaps, and at last never', async () => {
    expect(await undecidedOf(controller, run(), { others: [taskRun] })).toEqual({
      undecided: 'AwaitingLog',
      again: 30_000,
    });
    expect(await undecidedOf(controller, run({}, { minutes: 61 }), { others: [taskRun] })).toEqual({
      undecided: 'LogGone',
      final: true,
    });
  });

  test('of whose log only the end is known says what is wrong there, and otherwise heals nothing', async () => {
    const scene = { others: [taskRun], logCut: true };
    const finished = line('Repository finished');
    expect(await undecidedOf(controller, run(), { ...scene, log: [finished] })).toEqual({
      undecided: 'LogCut',
      final: true,
    });
    expect(await said(scene, line('Authentication failure'), finished)).toEqual(['TokenExpired', 'RunStopped']);
    expect(await said(scene, line('Reached PR limit'), finished)).toEqual(['LogCut', 'PullRequestLimitReached']);
  });

  test('that came to its end was not stopped, however much of its log is missing: of updates nothing is known', async () => {
    const scene = { others: [taskRun], logCut: true };
    const done = line('Repository finished', { result: 'done' });
    expect(await said(scene, line('npm'), done, line('Renovate is exiting'))).toEqual(['healthy', 'LogCut']);
    expect(await said(scene, done, line('Reached PR limit'))).toEqual(['healthy', 'PullRequestLimitReached']);
    const elsewhere = Array.from({ length: 30 }, () => line('later'));
    expect((await undecidedOf(controller, run(), { ...scene, log: [done, ...elsewhere] })).undecided).toBe('LogCut');
    const stopped = line('Repository finished', { result: 'authentication-error' });
    expect((await undecidedOf(controller, run(), { ...scene, log: [stopped] })).undecided).toBe('LogCut');
  });

  test('that was stopped leaves alone what is known of updates', async () => {
    const scene = { others: [taskRun] };
    expect(await said(scene, line('Found renovate config errors'))).toEqual(['ConfigurationInvalid', 'RunStopped']);
    expect(await said(scene, line('Reached PR limit'), line('rate limit exceeded'))).toEqual([
      ...['GitRateLimited', 'PullRequestLimitReached'],
    ]);
  });

  test('elsewhere than where MintMaker runs counts for nothing: its labels would name another tenant', async () => {
    const forged = run({ status: 'False', reason: 'Failed', message: 'token' }, { namespace: 'intruder' });
    expect(await undecidedOf(controller, forged)).toEqual({ undecided: 'NotMintMaker', final: true });
  });

  test('that MintMaker cancelled for want of a token says so; one that somebody cancelled says nothing', async () => {
    const message = 'error getting installation token: 404 Not Found';
    const found = await onlyFinding(controller, run({ status: 'False', reason: 'Cancelled', message }));
    expect(found).toMatchObject({ key: 'token', severity: 'major', reason: 'TokenExpired', type: 'dependency' });
    const cancelled = run({ status: 'False', reason: 'Cancelled', message: 'PipelineRun was cancelled' });
    expect(await undecidedOf(controller, cancelled)).toMatchObject({ undecided: 'Cancelled', final: true });
    const timedOut = run({ status: 'False', reason: 'PipelineRunTimeout', message: 'failed to finish within "2h"' });
    expect((await onlyFinding(controller, timedOut)).reason).toBe('DependencyRunFailed');
  });

  test('groups what a security update needs by its CVE, and says nothing of the log itself', async () => {
    const log = [
      line('Vulnerability CVE-2026-1234 affects lodash 4.17.20', { branch: BRANCH, secret: 'hunter2' }),
      line("Branch is not mergeable but can't be rebased", { branch: BRANCH }),
    ];
    const found = await onlyFinding(controller, run(), { others: [taskRun], log });
    expect(found).toMatchObject({
      key: `conflict/${BRANCH}`,
      severity: 'major',
      reason: 'UpdateConflict',
      group: 'CVE-2026-1234',
      labels: { 'faultline.dev/origin': 'mintmaker', 'faultline.dev/component': 'payments' },
    });
    expect(JSON.stringify(found)).not.toContain('hunter2');
    expect(found.description).toBeUndefined();
  });

  test('says each thing to repair once', async () => {
    const log = [
      line('Authentication failure'),
      line('Resource not accessible by integration'),
      line('Authentication failure'),
    ];
    const looks = await looksAt(controller, run(), { others: [taskRun], log });
    expect(looks.map(({ findings }) => findings.map(({ key }) => key))).toEqual([['token'], []]);
  });
});

test.each([
  [line('Authentication failure'), 'TokenExpired', undefined],
  [line('Repository has unknown error', { err: { message: 'bad-credentials' } }), 'TokenExpired', undefined],
  [line('Found renovate config errors', { errors: [] }), 'ConfigurationInvalid', undefined],
  [line('rate limit exceeded'), 'GitRateLimited', undefined],
  [line('Failed to look up docker package quay.io/a/b: 401 unauthorized'), 'RegistryAuthenticationFailed', 'quay.io'],
  [
    line('Datasource denied: docker', { url: 'https://registry.example.net:5000/v2/a/tags/list', statusCode: 403 }),
    'RegistryAuthenticationFailed',
    'registry.example.net:5000',
  ],
  [
    line('rawExec err', { branch: 'renovate/x', err: { message: 'Command failed: npm install' } }),
    'UpdateFailed',
    'renovate/x',
  ],
  [line('Reached PR limit - skipping PR creation'), 'PullRequestLimitReached', undefined],
  [`2026-06-11T09:00:00Z ${line('Authentication failure')}`, 'TokenExpired', undefined],
])('%s is %s of %s', (text, reason, what) => {
  expect(problemsOf([text])).toEqual([{ reason, what, vulnerability: undefined }]);
});

test('what is no problem, no JSON or no object is passed over', () => {
  expect(problemsOf(['', 'npm warn', '{', '{"msg":1}', '{"msg":null}', line('Repository finished')])).toEqual([]);
});

describeHostile(controller, [run(), run({ status: 'False', reason: 'Cancelled', message: 'no token' })], {
  others: [taskRun],
  log: ['{"msg":"Authentication failure"}', '{', line('x', { branch: '\u202e' })],
});

describeHealthy(controller, run(), /^status$|conditions/, { others: [taskRun], log: [line('Repository finished')] });
