import { type Fields, fields, records, text } from '../../index.ts';
import { type Cause, causeOf } from './causes.ts';
import { reasonText } from './reasons.ts';
import type { TaskOutcome } from './task-runs.ts';
import type { TestOutput } from './test-output.ts';

/** Why the run counts as failed: what a finding says before it is put into words. */
export interface Failure {
  /** CamelCase, stable, countable. */
  readonly reason: string;
  /** What never started: the whole run, or the task that is to blame; undefined when it ran and failed. */
  readonly neverStarted: 'run' | 'task' | undefined;
  /** The task that is to blame: the first one that failed. */
  readonly culprit: TaskOutcome | undefined;
  readonly failed: readonly TaskOutcome[];
  readonly tests: readonly TestOutput[];
  /** The message of the condition. */
  readonly message: string | undefined;
}

// crds/names.ts REASON, which the report schema checks.
const CAMEL_CASE = /^[A-Za-z]([A-Za-z0-9_,:]{0,126}[A-Za-z0-9_])?$/;
const QUOTA = /exceeded quota|resource ?quota/i;

/** A run whose condition says False. */
export function failureOf(
  run: unknown,
  condition: Fields,
  outcomes: readonly TaskOutcome[],
  tests: readonly TestOutput[],
): Failure {
  const failed = outcomes.filter((outcome) => outcome.status === 'failed');
  const bad = tests.filter((test) => test.verdict !== 'passed');
  const message = text(condition.message);
  const reason = runReason(text(condition.reason), message, failed[0], bad);
  const culprit = culpritOf(reason, failed);
  // Pruned TaskRuns are still referenced: something was created.
  const created = outcomes.length > 0 || records(fields(fields(run).status).childReferences).length > 0;
  return { reason, neverStarted: neverStarted(reason, culprit, created), culprit, failed, tests: bad, message };
}

/** What the message of the run, else of the task that is to blame, says beyond the reason. */
export function failureCause({ reason, message, culprit }: Failure): Cause | undefined {
  return causeOf(reason, culprit?.message) ?? causeOf(reason, message);
}

/** A run whose condition says True although a test says otherwise; undefined when all is well. */
export function testFailureOf(condition: Fields, tests: readonly TestOutput[]): Failure | undefined {
  const bad = tests.filter((test) => test.verdict !== 'passed');
  if (bad.length === 0) return undefined;
  return {
    reason: testReason(bad),
    neverStarted: undefined,
    culprit: undefined,
    failed: [],
    tests: bad,
    message: text(condition.message),
  };
}

function neverStarted(reason: string, culprit: TaskOutcome | undefined, created: boolean): Failure['neverStarted'] {
  if (reasonText(reason)?.started !== false) return undefined;
  if (culprit !== undefined) return 'task';
  return created ? undefined : 'run';
}

function runReason(
  reason: string | undefined,
  message: string | undefined,
  first: TaskOutcome | undefined,
  bad: readonly TestOutput[],
): string {
  if (reason === 'CreateRunFailed' && QUOTA.test(message ?? '')) return 'ExceededResourceQuota';
  if (reason !== undefined && reason !== 'Failed') return CAMEL_CASE.test(reason) ? reason : 'PipelineRunFailed';
  if (bad.some((test) => test.verdict === 'failed')) return 'TestFailed';
  if (first !== undefined) return taskReason(first);
  return reason === 'Failed' ? 'TaskRunFailed' : 'PipelineRunFailed';
}

/** Why one task failed: a reason that has a text, else TaskRunFailed. */
export function taskReason(task: TaskOutcome): string {
  if (task.steps[0]?.reason === 'OOMKilled') return 'OOMKilled';
  if (task.steps.length === 0 && QUOTA.test(task.message ?? '')) return 'ExceededResourceQuota';
  // Only reasons that have a text: a task may end with any word of its own.
  return task.reason !== undefined && reasonText(task.reason) !== undefined ? task.reason : 'TaskRunFailed';
}

function testReason(bad: readonly TestOutput[]): string {
  if (bad.some((test) => test.verdict === 'failed')) return 'TestFailed';
  return bad.some((test) => test.verdict === 'error') ? 'TestError' : 'TestOutputInvalid';
}

/** A run that timed out is to blame on the task that ran out of time, not on one that failed in its shadow. */
function culpritOf(reason: string, failed: readonly TaskOutcome[]): TaskOutcome | undefined {
  if (reason !== 'PipelineRunTimeout') return failed[0];
  return failed.find((outcome) => outcome.reason === 'TaskRunTimeout');
}
