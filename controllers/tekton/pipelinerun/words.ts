import { multiLine, oneLine, type Subject } from '../../index.ts';
import { type Metadata, pacAnnotation } from '../../pipelines/metadata.ts';
import { commitOf, type Place } from '../../pipelines/place.ts';
import type { RunType } from '../../pipelines/run-type.ts';
import { MAX_DESCRIPTION, MAX_TITLE, placeWords, short } from '../../pipelines/words.ts';
import { type Failure, failureCause } from './failure.ts';
import { reasonText } from './reasons.ts';
import type { TaskOutcome } from './task-runs.ts';
import type { TestOutput } from './test-output.ts';

/** A failure in words: one line that a developer understands at a glance, and the detail below it. */

// Together below 8 KiB: 1 KiB of message, 10 tasks of 450 bytes, 10 tests of 200, and the run itself.
const MAX_RUN_MESSAGE = 1_024;
const MAX_TASKS = 10;
const MAX_TASK_BYTES = 450;
const MAX_TEST_BYTES = 200;
const MAX_MESSAGE = 250;

/** What failed: "Build of payments on main", "Test smoke of payments for pull request 18". */
export function runTitle(
  subject: Subject,
  type: RunType,
  place: Place,
  pipeline: string | undefined,
  scenario: string | undefined,
): string {
  const name = short(subject.name.replace(/-$/, ''), 63);
  const where = placeWords(place);
  switch (type.kind) {
    case 'build':
      return `Build of ${name}${where}`;
    case 'test':
      return `Test ${scenario === undefined ? '' : `${short(scenario, 63)} `}of ${name}${where}`;
    case 'release':
      return `Release of ${name}${type.name === 'release' ? '' : ` (${short(type.name, 30)} pipeline)`}`;
    case 'pipeline':
      return subject.kind.startsWith('Pipeline')
        ? `Pipeline ${name}${where}`
        : `Pipeline ${pipeline === undefined ? '' : `${short(pipeline, 63)} `}of ${name}${where}`;
    default:
      return type.kind satisfies never;
  }
}

/** The whole title: what failed, how, and in which task and step. At most 200 characters. */
export function title(what: string, failure: Failure): string {
  return oneLine(`${what} ${predicate(failure)}`, MAX_TITLE);
}

function predicate(failure: Failure): string {
  const { reason, culprit } = failure;
  const known = reasonText(reason);
  const test = failure.tests[0];
  if (test !== undefined && /^Test[A-Z]/.test(reason)) return `${testWords(reason, test)}${more(failure.tests.length)}`;
  const inTask = culprit === undefined ? '' : ` in task ${short(culprit.task, 63)}`;
  if (reason === 'TaskRunFailed') return culprit === undefined ? 'failed' : `failed${inTask}${stepWords(culprit)}`;
  if (reason === 'PipelineRunTimeout' || reason === 'TaskRunTimeout') {
    return `timed out${limitOf(reason === 'TaskRunTimeout' ? culprit?.message : failure.message)}${inTask}`;
  }
  const cause = failureCause(failure);
  const phrase = `${known?.phrase ?? reason}${cause === undefined ? '' : ` (${cause.words})`}`;
  if (failure.neverStarted === 'run') return `never started: ${phrase}`;
  if (failure.neverStarted === 'task' && culprit)
    return `failed: task ${short(culprit.task, 63)} never started (${phrase.replace(/ \((.*)\)$/, ': $1')})`;
  return `failed: ${phrase}${inTask}`;
}

function testWords(reason: string, test: TestOutput): string {
  const task = ` in task ${short(test.task, 63)}`.replace('in task the pipeline', 'in the pipeline');
  if (reason === 'TestFailed') {
    const failures = test.failures === undefined || test.failures === 0 ? '' : `: ${test.failures} failed`;
    return `failed its tests${task}${failures}`;
  }
  return `failed: ${reasonText(reason)?.phrase ?? reason}${task}`;
}

function more(tests: number): string {
  return tests > 1 ? ` and ${tests - 1} more` : '';
}

function stepWords(task: TaskOutcome): string {
  const step = task.steps[0];
  return step === undefined ? '' : `, step ${short(step.name, 63)} (exit code ${step.exitCode})`;
}

/** `failed to finish within "1h0m0s"` is Tekton's wording in every version. */
export function limitOf(message: string | undefined): string {
  const limit = /within "?([0-9.]+[hmsµn][0-9.hmsµn]*)"?/.exec(message ?? '')?.[1]?.replace(/\.\d+s/, 's');
  return limit === undefined ? '' : ` after ${limit}`;
}

/** The condition's message, the failed tasks with their steps, the test results, the run and its commit. ≤ 8 KiB. */
export function description(failure: Failure, metadata: Metadata): string {
  const parts = [
    failure.message === undefined
      ? undefined
      : multiLine(failure.message.slice(0, MAX_RUN_MESSAGE * 4), MAX_RUN_MESSAGE),
    section('Failed tasks', failure.failed.map(taskLines)),
    section('Test results', failure.tests.map(testLine)),
    origin(metadata),
  ];
  return multiLine(parts.filter((part) => part !== undefined && part !== '').join('\n\n'), MAX_DESCRIPTION);
}

function section(heading: string, lines: readonly string[]): string | undefined {
  if (lines.length === 0) return undefined;
  const shown = lines.slice(0, MAX_TASKS);
  if (lines.length > MAX_TASKS) shown.push(`- and ${lines.length - MAX_TASKS} more`);
  return `${heading}:\n${shown.join('\n')}`;
}

function taskLines(task: TaskOutcome): string {
  const why = task.message === undefined ? '' : `: ${short(task.message, MAX_MESSAGE)}`;
  const head = `- ${short(task.task, 100)} (${short(task.reason ?? 'Failed', 100)})${why}`;
  const steps = task.steps.slice(0, 5).map((step) => {
    const reason = step.reason === undefined || step.reason === 'Error' ? '' : `, ${short(step.reason, 100)}`;
    const message = step.message === undefined ? '' : `: ${short(step.message, MAX_MESSAGE)}`;
    return `  step ${short(step.name, 100)}: exit code ${step.exitCode}${reason}${message}`;
  });
  return multiLine([head, ...steps].join('\n'), MAX_TASK_BYTES);
}

function testLine(test: TestOutput): string {
  const counts = [
    test.failures === undefined ? undefined : `${test.failures} failures`,
    test.warnings === undefined ? undefined : `${test.warnings} warnings`,
  ].filter((one) => one !== undefined);
  const note = test.note === undefined ? '' : `: ${short(test.note, MAX_MESSAGE)}`;
  const line = `- ${short(test.task, 100)}: ${test.verdict}${counts.length === 0 ? '' : ` (${counts.join(', ')})`}${note}`;
  return multiLine(line, MAX_TEST_BYTES);
}

function origin(metadata: Metadata): string {
  const sha = commitOf(metadata)?.slice(0, 12);
  const subject = pacAnnotation(metadata, 'sha-title');
  const commit = sha === undefined ? '' : `, commit ${sha}${subject === undefined ? '' : ` "${short(subject, 100)}"`}`;
  return `PipelineRun ${metadata.namespace ?? ''}/${metadata.name ?? ''}${commit}`;
}
