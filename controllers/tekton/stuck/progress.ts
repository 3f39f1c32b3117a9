import { fields, identifier, parseDuration, parseTime, text } from '../../index.ts';
import { condition, reasonOf } from '../../pipelines/conditions.ts';
import { KEYS, metadataOf } from '../../pipelines/metadata.ts';
import { short } from '../../pipelines/words.ts';
import { causeOf } from '../pipelinerun/causes.ts';
import type { Options } from './options.ts';

/** Something that a run waits for, since when, and how long that may take. Times are ms since 1970. */
export interface Wait {
  readonly reason: string;
  readonly since: number;
  readonly limitMs: number;
  /** The task that waits; undefined when it is the whole run. */
  readonly task: string | undefined;
  readonly message: string | undefined;
  /** What the message says beyond the reason. */
  readonly detail: string | undefined;
}

/** All that a run which is not over waits for, the whole run first; undefined when it is over. */
export function waitsOf(run: unknown, taskRuns: readonly unknown[], options: Options): readonly Wait[] | undefined {
  const succeeded = condition(run, 'Succeeded');
  if (succeeded?.status === 'True' || succeeded?.status === 'False') return undefined;
  const { spec, status, metadata } = fields(run);
  const created = parseTime(fields(metadata).creationTimestamp);
  const started = parseTime(fields(status).startTime);
  const since = started ?? created;
  if (since === undefined) return [];
  const pending = parseDuration(options.pendingAfter);
  const reason = text(succeeded?.reason);
  const message = text(succeeded?.message);
  if (text(fields(spec).status) === 'PipelineRunPending' || reason === 'PipelineRunPending')
    return [{ ...wait('PipelineRunPending', created ?? since, pending, message), detail: queueOf(metadata) }];
  if (started === undefined && succeeded === undefined) return [wait('PipelineRunNotStarted', since, pending, message)];
  const running = wait('PipelineRunRunning', since, runningLimit(fields(spec), options), message);
  // What is fetched before anything runs is told by the run itself.
  if (reason?.startsWith('Resolving'))
    return [wait(reasonOf(reason, 'ResolvingPipelineRef'), since, pending, message), running];
  return [...taskRuns.flatMap((taskRun) => taskWait(taskRun, pending)).sort(bySince), running];
}

function wait(reason: string, since: number, limitMs: number, message: string | undefined, task?: string): Wait {
  return { reason, since, limitMs, task, message, detail: causeOf(reason, message)?.words };
}

/** Who keeps a pending run back, where it says so: Kueue, or the concurrency limit of Pipelines-as-Code. */
function queueOf(metadata: unknown): string | undefined {
  const labels = fields(fields(metadata).labels);
  const queue = identifier(labels['kueue.x-k8s.io/queue-name']);
  if (queue !== undefined) return `the queue ${short(queue, 63)}`;
  return labels['pipelinesascode.tekton.dev/state'] === 'queued' ? 'the queue of Pipelines-as-Code' : undefined;
}

function runningLimit(spec: Readonly<Record<string, unknown>>, options: Options): number {
  const own = timeoutMs(fields(spec.timeouts).pipeline ?? spec.timeout);
  return Math.max(
    parseDuration(options.runningAfter),
    own === undefined ? 0 : own + parseDuration(options.timeoutGrace),
  );
}

/** Go's way to write a duration: `1h0m0s`. `0` is no timeout. */
function timeoutMs(value: unknown): number | undefined {
  const found = text(value)?.slice(0, 64);
  const parts = [...(found ?? '').matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)];
  if (found === undefined || parts.map(([part]) => part).join('') !== found) return undefined;
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0);
}

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** Of TaskRuns: these conditions say that nothing of it runs yet. */
const WAITING: ReadonlyMap<string, string> = new Map([
  ['Pending', 'TaskRunPending'],
  ['Started', 'TaskRunPending'],
  ['ResolvingTaskRef', 'ResolvingTaskRef'],
  ['ResolvingStepActionRef', 'ResolvingStepActionRef'],
  ['ExceededResourceQuota', 'ExceededResourceQuota'],
  ['ExceededNodeResources', 'ExceededNodeResources'],
  ['PullImageFailed', 'PullImageFailed'],
  ['TaskRunImagePullFailed', 'PullImageFailed'],
  ['CreateContainerConfigError', 'CreateContainerConfigError'],
]);

function taskWait(taskRun: unknown, limitMs: number): Wait[] {
  const succeeded = condition(taskRun, 'Succeeded');
  if (succeeded !== undefined && succeeded.status !== 'Unknown') return [];
  const metadata = metadataOf(taskRun);
  const { status } = fields(taskRun);
  const since = parseTime(fields(status).startTime) ?? parseTime(metadata.creationTimestamp);
  if (since === undefined) return [];
  const task = identifier(metadata.labels[KEYS.pipelineTask]) ?? metadata.name ?? 'unnamed';
  if (succeeded === undefined) return [wait('TaskRunNotStarted', since, limitMs, undefined, task)];
  const message = text(succeeded.message);
  const known = WAITING.get(text(succeeded.reason) ?? '');
  if (known === undefined) return [];
  const reason = known === 'TaskRunPending' && isUnschedulable(message) ? 'PodUnschedulable' : known;
  return [wait(reason, since, limitMs, message, task)];
}

function isUnschedulable(message: string | undefined): boolean {
  return /"PodScheduled":\s*"False"|nodes are available|Unschedulable/i.test(message?.slice(0, 4_096) ?? '');
}

function bySince(a: Wait, b: Wait): number {
  return a.since - b.since || (a.task ?? '').localeCompare(b.task ?? '', 'en');
}
