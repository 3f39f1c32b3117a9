import { count, type Fields, fields, identifier, records, text } from '../../index.ts';
import { KEYS, metadataOf } from '../../pipelines/metadata.ts';

/**
 * The TaskRuns of a run in one form: as objects (Tekton v1), or embedded in `status.taskRuns` (v1beta1 before 0.45, and
 * whatever converted it).
 */
export interface TaskOutcome {
  /** Name of the task within the pipeline. */
  readonly task: string;
  /** Name of the TaskRun. */
  readonly name: string;
  readonly status: 'succeeded' | 'failed' | 'cancelled' | 'ignored' | 'unfinished';
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly completedAt: string | undefined;
  readonly apiVersion: string;
  readonly conditions: readonly Fields[];
  readonly podName: string | undefined;
  readonly steps: readonly FailedStep[];
  readonly results: readonly Fields[];
}

/** A step that ended with an exit code other than 0, in the order of the task. */
export interface FailedStep {
  readonly name: string;
  readonly container: string | undefined;
  readonly exitCode: number;
  readonly reason: string | undefined;
  readonly message: string | undefined;
}

/** All that is known, in the order in which they completed. An owned object is fresher than its embedded copy. */
export function taskOutcomes(run: unknown, owned: readonly unknown[]): readonly TaskOutcome[] {
  const status = fields(fields(run).status);
  const taskNames = new Map<string, string>();
  for (const child of records(status.childReferences)) {
    const [name, task] = [text(child.name), text(child.pipelineTaskName)];
    if (name !== undefined && task !== undefined) taskNames.set(name, task);
  }
  const outcomes = new Map<string, TaskOutcome>();
  for (const [name, embedded] of Object.entries(fields(status.taskRuns))) {
    const { pipelineTaskName, status: taskStatus } = fields(embedded);
    outcomes.set(
      name,
      outcomeOf(name, text(pipelineTaskName) ?? taskNames.get(name) ?? name, fields(taskStatus), EMBEDDED),
    );
  }
  for (const object of owned) {
    const metadata = metadataOf(object);
    const name = metadata.name ?? '';
    const task = text(metadata.labels[KEYS.pipelineTask]) ?? taskNames.get(name) ?? name;
    const { apiVersion, status: taskStatus } = fields(object);
    outcomes.set(name, outcomeOf(name, task, fields(taskStatus), text(apiVersion) ?? EMBEDDED));
  }
  return [...outcomes.values()].sort(byCompletion);
}

/** How many are finished: a later look that finds fewer of them (the pruner was there) corrects nothing. */
export function finishedCount(outcomes: readonly TaskOutcome[]): number {
  return outcomes.filter((outcome) => outcome.status !== 'unfinished').length;
}

/** Only runs of this version carry the status of their tasks. */
const EMBEDDED = 'tekton.dev/v1beta1';

/** A TaskRun on its own. `task` is the name of its task. */
export function outcomeOf(name: string, task: string, status: Fields, apiVersion: string): TaskOutcome {
  const conditions = records(status.conditions);
  const condition = conditions.find((one) => one.type === 'Succeeded');
  const reason = text(condition?.reason);
  return {
    name,
    task: identifier(task) ?? name,
    status: statusOf(condition?.status, reason),
    reason,
    message: text(condition?.message),
    completedAt: text(status.completionTime),
    apiVersion,
    conditions,
    podName: text(status.podName),
    steps: records(status.steps).flatMap(failedStep),
    // `results` in v1, `taskResults` in v1beta1.
    results: [...records(status.results), ...records(status.taskResults)],
  };
}

function statusOf(status: unknown, reason: string | undefined): TaskOutcome['status'] {
  if (status === 'True') return 'succeeded';
  if (status !== 'False') return 'unfinished';
  if (reason === 'TaskRunCancelled') return 'cancelled';
  // `onError: continue` in the pipeline: the task failed and the run went on as if it had not.
  return reason === 'FailureIgnored' ? 'ignored' : 'failed';
}

function failedStep(step: Fields): FailedStep[] {
  const terminated = fields(step.terminated);
  const exitCode = count(terminated.exitCode);
  // A step behind a failed one ends with 1 as well, but never ran.
  if (
    !Number.isSafeInteger(exitCode) ||
    exitCode === undefined ||
    exitCode === 0 ||
    step.terminationReason === 'Skipped'
  )
    return [];
  const message = text(terminated.message);
  return [
    {
      name: text(step.name) ?? text(step.container) ?? 'unnamed',
      container: text(step.container),
      exitCode,
      reason: text(terminated.reason),
      // Tekton keeps results there as JSON; they are no explanation.
      message: message?.trimStart().startsWith('[{') ? undefined : message,
    },
  ];
}

function byCompletion(a: TaskOutcome, b: TaskOutcome): number {
  return compare(a.completedAt ?? '~', b.completedAt ?? '~') || compare(a.name, b.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
