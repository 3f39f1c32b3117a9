import { describe, expect, test } from 'vitest';
import { failedTask, finding, look, run, taskRun } from './samples.contract.ts';

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
      'Build of payments on main never started: the quota of the namespace is used up (compute)',
    );
    expect((await finding(run({ condition, status }))).title).toBe(
      'Build of payments on main failed: the quota of the namespace is used up (compute)',
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
