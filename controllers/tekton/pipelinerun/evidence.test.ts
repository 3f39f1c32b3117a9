import { describe, expect, it } from 'vitest';
import { readOver } from '../../../tests/recorded/read.ts';
import type { Evidence, ObjectLike, Observation, Read } from '../../index.ts';
import controller from './index.ts';
import { defaults, failedTask, finding, run, taskRun } from './samples.contract.ts';

async function evidence(object: ObjectLike, tasks: ObjectLike[], logs?: Read['logs']): Promise<Evidence | undefined> {
  const read = { ...readOver(object, tasks), ...(logs && { logs }) };
  const { findings } = (await controller.observe(object, read, defaults)) as Observation;
  return findings[0]?.evidence;
}

const steps = (more: object = {}) => ({
  podName: 'payments-pod',
  steps: [
    { name: 'prepare', container: 'step-prepare', terminated: { exitCode: 0 } },
    { name: 'test', container: 'step-test', terminated: { exitCode: 2, reason: 'Error' } },
  ],
  ...more,
});
const AT = '2026-11-20T10:04:00Z';

describe('the evidence of a failed run', () => {
  it('is the task that failed first, its conditions, the failing step and the end of its log', async () => {
    const asked: unknown[] = [];
    const shown = await evidence(
      run(),
      [failedTask('unit', AT, steps()), failedTask('later', '2026-11-20T10:04:30Z')],
      (async (...args: unknown[]) => {
        asked.push(args);
        return { lines: ['FAIL TestTotal'], cut: true };
      }) as Read['logs'],
    );
    expect(shown).toEqual({
      failing: { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: 'payments-on-push-x7k2p-unit' },
      conditions: [{ type: 'Succeeded', status: 'False', reason: 'Failed', message: '"step-test" exited with code 2' }],
      step: 'test',
      exitCode: 2,
      log: { pod: 'payments-pod', container: 'step-test', lines: ['FAIL TestTotal'], cut: true },
    });
    expect(asked).toEqual([['shop', 'payments-pod', 'step-test']]);
  });

  it('comes without a log when there is none, and the finding is the same', async () => {
    const task = failedTask('unit', AT, steps());
    const { evidence: without, ...said } = await finding(run(), [task]);
    expect(without).toMatchObject({ step: 'test', exitCode: 2 });
    expect(without).not.toHaveProperty('log');
    expect(said).toMatchObject({ reason: 'TaskRunFailed' });
  });

  it('asks for no log of a task whose Pod or failing step is not known', async () => {
    const never = (async () => expect.unreachable()) as Read['logs'];
    const noStep = taskRun('unit', {
      completionTime: AT,
      podName: 'p',
      conditions: [{ type: 'Succeeded', status: 'False', reason: 'TaskRunTimeout' }],
    });
    expect(await evidence(run(), [noStep], never)).toEqual({
      failing: { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: 'payments-on-push-x7k2p-unit' },
      conditions: [{ type: 'Succeeded', status: 'False', reason: 'TaskRunTimeout' }],
    });
    expect(await evidence(run(), [failedTask('unit', AT, steps({ podName: undefined }))], never)).toMatchObject({
      exitCode: 2,
    });
  });

  it('of a run that has no task to blame is its own condition', async () => {
    const condition = { reason: 'CouldntGetPipeline', message: 'no such pipeline' };
    expect(await evidence(run({ condition }), [])).toEqual({
      conditions: [{ type: 'Succeeded', status: 'False', lastTransitionTime: '2026-11-20T10:05:00Z', ...condition }],
    });
  });

  it('is read from the status of the run where Tekton kept its tasks there', async () => {
    const status = {
      taskRuns: {
        'tr-1': {
          pipelineTaskName: 'unit',
          status: { ...steps(), completionTime: AT, conditions: [{ type: 'Succeeded', status: 'False' }] },
        },
      },
    };
    expect(await evidence(run({ status }), [])).toMatchObject({
      failing: { apiVersion: 'tekton.dev/v1beta1', name: 'tr-1' },
      step: 'test',
    });
  });
});
