import { describe, expect, test } from 'vitest';
import type { ObjectLike } from '../../index.ts';
import { describeHostile, findingOf, lookAt, undecidedOf, where } from '../../pipelines/kit.contract.ts';
import controller from './index.ts';

const LABEL = 'pipelinesascode.tekton.dev/repository';

function repository(status: readonly object[] = []): ObjectLike {
  return {
    apiVersion: 'pipelinesascode.tekton.dev/v1alpha1',
    kind: 'Repository',
    metadata: { name: 'handbook', namespace: 'docs', uid: 'u-1', creationTimestamp: '2026-03-02T09:00:00Z' },
    spec: { url: 'https://git.example.com/acme/handbook' },
    pipelinerun_status: status,
  } as unknown as ObjectLike;
}

function event(at: string, message: string, parts: object = {}): ObjectLike {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `handbook-${at}`, namespace: 'docs', creationTimestamp: at, labels: { [LABEL]: 'handbook' } },
    involvedObject: { kind: 'Repository', name: 'handbook', namespace: 'docs' },
    type: 'Warning',
    reason: 'RepositoryCreateStatus',
    message,
    ...parts,
  } as unknown as ObjectLike;
}

function run(at: string): ObjectLike {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name: `publish-${at}`, namespace: 'docs', creationTimestamp: at, labels: { [LABEL]: 'handbook' } },
  } as unknown as ObjectLike;
}

const T1 = '2026-06-10T10:00:00Z';
const T2 = '2026-06-10T11:00:00Z';
const badYaml = event(
  T2,
  'cannot read the PipelineRun: publish.yaml, error: yaml: line 7: could not find expected ":"',
  {
    reason: 'PipelineRunValidationErrors',
  },
);

describe('a Repository of Pipelines-as-Code', () => {
  test('has an issue when an error came after its last run', async () => {
    const look = await lookAt(controller, repository(), { others: [run(T1), badYaml] });
    expect(where(look)).toBe('Repository docs/handbook');
    expect(look).toMatchObject({ completedAt: '2026-06-10T11:00:00.000Z', detail: 1 });
    expect(look.findings).toMatchObject([
      {
        key: 'trigger',
        severity: 'major',
        reason: 'InvalidPipelineYaml',
        title: 'Pipelines-as-Code could not start a run of handbook: a file in .tekton/ is not valid',
      },
    ]);
    expect(look.findings[0]?.description).toContain('line 7');
  });

  test('is healed by the next run, whether the run or only the status of the Repository tells it', async () => {
    const T3 = '2026-06-10T12:00:00Z';
    expect(await lookAt(controller, repository(), { others: [badYaml, run(T3)] })).toMatchObject({
      completedAt: '2026-06-10T12:00:00.000Z',
      detail: 0,
      findings: [],
    });
    const told = repository([{ pipelineRunName: 'publish-x', startTime: T3 }]);
    expect((await lookAt(controller, told, { others: [badYaml] })).findings).toEqual([]);
  });

  test('is not healed by a run of the same webhook: of two files one was wrong', async () => {
    const look = await lookAt(controller, repository(), { others: [badYaml, run('2026-06-10T11:00:20Z')] });
    expect(look).toMatchObject({ completedAt: '2026-06-10T11:00:20.000Z', detail: 1, findings: [{ key: 'trigger' }] });
  });

  test('is not healed by the cluster forgetting the Event: what is left is older, or has less detail', async () => {
    const before = await lookAt(controller, repository(), { others: [run(T1), badYaml] });
    const after = await lookAt(controller, repository(), { others: [run(T1)] });
    expect((after.completedAt as string) < (before.completedAt as string)).toBe(true);
    const same = [run('2026-06-10T11:00:20Z')];
    const [told, forgotten] = await Promise.all([
      lookAt(controller, repository(), { others: [...same, badYaml] }),
      lookAt(controller, repository(), { others: same }),
    ]);
    expect(forgotten.completedAt).toBe(told.completedAt);
    expect(forgotten.detail as number).toBeLessThan(told.detail as number);
  });

  test('says nothing while nothing has happened', async () => {
    expect(await undecidedOf(controller, repository())).toEqual({ undecided: 'NothingHappened' });
  });

  test('looks only at Warnings about itself', async () => {
    const others = [
      event(T2, 'User x is not allowed to run CI on this repo.', { type: 'Normal' }),
      event(T2, 'x', { involvedObject: { kind: 'Repository', name: 'other' } }),
    ];
    expect(await undecidedOf(controller, repository(), { others })).toMatchObject({ undecided: 'NothingHappened' });
  });

  test('shows the newest error, and those before it in the description', async () => {
    const older = event('2026-06-10T10:30:00Z', 'could not validate payload, check your webhook secret?: no signature');
    const found = await findingOf(controller, repository(), { others: [older, badYaml, run(T1)] });
    expect(found.reason).toBe('InvalidPipelineYaml');
    expect(found.description?.split('\n')).toHaveLength(2);
  });

  test.each([
    [
      'There was an error while processing the payload: could not validate payload, check your webhook secret?: x',
      'WebhookSecretInvalid',
    ],
    [
      'There was an error while processing the payload: GET https://api.git.example: 401 Bad credentials []',
      'GitAuthenticationFailed',
    ],
    ['There was an error while processing the payload: secrets "pac-token" not found', 'GitSecretMissing'],
    ['There was an issue validating the commit: "error getting remote task https://x: 404"', 'RemoteTaskNotFound'],
    ['Cannot create status: 403 Resource not accessible by integration', 'CannotReportStatus'],
  ])('%s is %s', async (message, reason) => {
    const found = await findingOf(controller, repository(), { others: [event(T2, message)] });
    expect(found.reason).toBe(reason);
    expect(found.remediation?.text).toBeTruthy();
  });

  test('a run that could not be created for lack of quota names the quota', async () => {
    const message =
      'There was an error starting the PipelineRun publish-, creating pipelinerun has failed: exceeded quota: runs, requested: count/pipelineruns=1, used: x';
    const found = await findingOf(controller, repository(), {
      others: [event(T2, message, { reason: 'RepositoryPipelineRun' })],
    });
    expect(found.title).toBe(
      'Pipelines-as-Code could not start a run of handbook: the quota of the namespace is used up (runs: count/pipelineruns)',
    );
  });

  test('an error that is not known keeps the reason of Pipelines-as-Code', async () => {
    const found = await findingOf(controller, repository(), { others: [event(T2, 'odd', { reason: 'SomethingNew' })] });
    expect(found).toMatchObject({ reason: 'SomethingNew', severity: 'major' });
  });

  test('a status that could not be written is minor: the run is there', async () => {
    const others = [event(T2, 'failed to create comment: 500', { reason: 'PipelineRunCommentCreationError' })];
    expect(await findingOf(controller, repository(), { others })).toMatchObject({
      severity: 'minor',
      title: 'Pipelines-as-Code on handbook: the git server could not be told what came of a run',
    });
  });
});

describeHostile(controller, [repository(), repository([{ startTime: T1 }])], {
  others: [run(T1), badYaml, event(T2, 'exceeded quota: a, requested: b=1')],
});
