import { describe, expect, test } from 'vitest';
import {
  defaults,
  finding,
  KONFLUX,
  look,
  PUSH,
  type RunParts,
  run,
  taskRun,
  testTask,
  undecidedLook,
} from './samples.contract.ts';

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
