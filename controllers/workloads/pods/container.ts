import { count, type Fields, fields, identifier, oneLine, parseDuration, text } from '../../index.ts';
import { latest, type Timing } from '../../states/timing.ts';
import type { PodReason } from './catalogue.ts';
import type { PodOptions } from './options.ts';

/** What is wrong with one container of one Pod. */
export interface ContainerTrouble {
  readonly reason: PodReason;
  readonly container: string;
  /** Completes "container app …". */
  readonly phrase: string;
  readonly message: string | undefined;
  readonly exitCode: number | undefined;
  /** Whether its log says more. */
  readonly ran: boolean;
}

const IMAGE = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]);
const CONFIG = new Set(['CreateContainerConfigError']);
const START = new Set([
  'CreateContainerError',
  'RunContainerError',
  'PreStartHookError',
  'PostStartHookError',
  'PreCreateHookError',
]);
/** The runtime could not start it, so that the next wait is called a crash loop. */
const NOT_STARTED = new Set(['StartError', 'ContainerCannotRun']);

/** `status`: an entry of containerStatuses. `mayStartSince`: when the Pod had its node and its init containers were done. */
export function containerTrouble(
  status: Fields,
  mayStartSince: number | undefined,
  options: PodOptions,
  timing: Timing,
): ContainerTrouble | undefined {
  const container = identifier(status.name);
  if (container === undefined) return undefined;
  const { waiting, running, terminated } = fields(status.state);
  const dead = endOf(terminated) ?? endOf(fields(status.lastState).terminated);
  const wait = waitOf(waiting);
  const common = { container, exitCode: dead?.exitCode, message: dead?.message, ran: dead !== undefined };
  const cannotStart = startTrouble(wait, dead, latest(mayStartSince, timing.at(dead?.finishedAt)), options, timing);
  if (cannotStart !== undefined) return { container, exitCode: undefined, ran: false, ...cannotStart };

  const runningSince = timing.at(fields(running).startedAt);
  const isLooping =
    (count(status.restartCount) ?? 0) >= options.restarts &&
    (wait?.reason === 'CrashLoopBackOff' || terminated !== undefined || running !== undefined) &&
    dead !== undefined &&
    !lasted(dead, options, timing) &&
    (running === undefined || !timing.lasts(runningSince, options.stableFor));
  if (dead?.reason === 'OOMKilled') {
    if (isLooping) return { ...common, reason: 'OOMKilled', phrase: 'is killed for memory again and again' };
    const isRecent = !timing.lasts(timing.at(dead.finishedAt), options.oomFor);
    return isRecent ? { ...common, reason: 'OOMKilled', phrase: 'was killed for memory' } : undefined;
  }
  if (!isLooping) return undefined;
  const how = dead.exitCode === undefined ? '' : ` (exit code ${dead.exitCode})`;
  const verb = dead.exitCode === 0 ? 'ends' : 'crashes';
  return { ...common, reason: 'CrashLoopBackOff', phrase: `${verb} again and again${how}` };
}

interface Wait {
  readonly reason: string;
  readonly message: string | undefined;
}

function waitOf(waiting: unknown): Wait | undefined {
  const { reason, message } = fields(waiting);
  const why = text(reason);
  return why === undefined ? undefined : { reason: why, message: text(message) };
}

/** How a container's last run ended. */
interface End {
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly exitCode: number | undefined;
  readonly startedAt: unknown;
  readonly finishedAt: unknown;
}

function endOf(terminated: unknown): End | undefined {
  if (terminated === undefined || terminated === null) return undefined;
  const { reason, message, exitCode, startedAt, finishedAt } = fields(terminated);
  return {
    reason: text(reason),
    message: text(message),
    exitCode: Number.isSafeInteger(exitCode) ? (exitCode as number) : undefined,
    startedAt,
    finishedAt,
  };
}

/** Whether a run was long enough to be no part of a crash loop: kubelet begins its back-off anew after 10 minutes. */
function lasted({ startedAt, finishedAt }: End, { stableFor }: PodOptions, timing: Timing): boolean {
  const [from, to] = [timing.at(startedAt), timing.at(finishedAt)];
  return from !== undefined && to !== undefined && to - from >= parseDuration(stableFor);
}

type CannotStart = Pick<ContainerTrouble, 'reason' | 'phrase' | 'message'>;

/** It never ran, or not this time: what kubelet waits for says why. Two words for one cause are one reason. */
function startTrouble(
  wait: Wait | undefined,
  dead: End | undefined,
  since: number | undefined,
  { startFor }: PodOptions,
  timing: Timing,
): CannotStart | undefined {
  if (wait === undefined) return undefined;
  const lasts = (): boolean => timing.lasts(since, startFor);
  if (IMAGE.has(wait.reason)) {
    if (wait.reason !== 'InvalidImageName' && !lasts()) return undefined;
    return { reason: 'ImagePullBackOff', phrase: 'cannot pull its image', message: pullMessage(wait.message) };
  }
  if (CONFIG.has(wait.reason) && lasts()) {
    return { reason: 'ContainerConfigError', phrase: 'cannot be configured', message: wait.message };
  }
  const notStarted = NOT_STARTED.has(dead?.reason ?? '');
  if ((START.has(wait.reason) || (wait.reason === 'CrashLoopBackOff' && notStarted)) && lasts()) {
    return { reason: 'ContainerStartError', phrase: 'cannot be started', message: dead?.message ?? wait.message };
  }
  return undefined;
}

/** kubelet says the cause, and in turn only that it waits: the part that stays. */
function pullMessage(message: string | undefined): string | undefined {
  const cause = message?.slice(0, 4_000).replace(/^Back-off pulling image "[^"]*"(: \w+: )?/, '');
  return cause === undefined || cause.trim() === '' ? undefined : oneLine(cause, 1_000);
}
