import { type DeepReadonly, fields, type ObjectLike, records, text } from '../../index.ts';
import { type Condition, conditionsOf, whyOf } from '../../states/conditions.ts';
import { latest, type Timing } from '../../states/timing.ts';
import type { PodReason } from './catalogue.ts';
import { containerTrouble } from './container.ts';
import type { PodOptions } from './options.ts';

/** One thing that is wrong with one Pod. */
export interface PodTrouble {
  readonly reason: PodReason;
  /** `pod/<container>`, or what of the whole Pod. */
  readonly key: string;
  readonly pod: DeepReadonly<ObjectLike>;
  readonly container?: string;
  /** Completes "container app …", or without a container "Pod web …". */
  readonly phrase: string;
  /** Completes "2 of its 3 Pods …". */
  readonly phraseOfMany?: string;
  readonly message: string | undefined;
  readonly exitCode?: number | undefined;
  /** The container ran, so that its log says more. */
  readonly ran: boolean;
}

const UNSCHEDULABLE = { phrase: 'fits on no node', phraseOfMany: 'fit on no node' };
const CREATING = {
  phrase: 'has a node, but its containers are not created',
  phraseOfMany: 'have a node, but their containers are not created',
};
const TERMINATING = { phrase: 'does not terminate', phraseOfMany: 'do not terminate' };

/** Everything that is wrong with a Pod now. One that is over, or on its way out in time, has no trouble. */
export function podTroubles(pod: DeepReadonly<ObjectLike>, options: PodOptions, timing: Timing): readonly PodTrouble[] {
  const { status } = fields(pod);
  const phase = fields(status).phase;
  // First: a deleted Pod is made terminal before its finalizers are waited for.
  if (pod.metadata.deletionTimestamp !== undefined) return terminating(pod, options, timing);
  if (phase === 'Succeeded' || phase === 'Failed') return [];
  const conditions = conditionsOf(pod, timing);
  const unscheduled = unschedulable(pod, conditions.get('PodScheduled'), options, timing);
  if (unscheduled !== undefined) return [unscheduled];
  const containers = containerTroubles(pod, conditions, options, timing);
  return containers.length > 0 ? containers : creating(pod, conditions, options, timing);
}

function terminating(pod: DeepReadonly<ObjectLike>, { terminatingFor }: PodOptions, timing: Timing): PodTrouble[] {
  const since = timing.at(pod.metadata.deletionTimestamp);
  if (since === undefined || !timing.lasts(since, terminatingFor)) return [];
  const finalizers = fields(pod.metadata).finalizers;
  const named = (Array.isArray(finalizers) ? finalizers : []).filter((name) => typeof name === 'string').slice(0, 10);
  const message = named.length === 0 ? undefined : `Finalizers: ${named.join(', ')}`;
  return [{ ...ofPod(pod), reason: 'StuckTerminating', key: 'termination', ...TERMINATING, message }];
}

function unschedulable(
  pod: DeepReadonly<ObjectLike>,
  scheduled: Condition | undefined,
  { pendingFor }: PodOptions,
  timing: Timing,
): PodTrouble | undefined {
  if (scheduled?.status !== 'False' || scheduled.reason !== 'Unschedulable') return undefined;
  if (!timing.lasts(scheduled.since, pendingFor)) return undefined;
  const message = whyOf(scheduled);
  return { ...ofPod(pod), reason: 'Unschedulable', key: 'scheduling', ...UNSCHEDULABLE, message };
}

function containerTroubles(
  pod: DeepReadonly<ObjectLike>,
  conditions: ReadonlyMap<string, Condition>,
  options: PodOptions,
  timing: Timing,
): PodTrouble[] {
  const status = fields(fields(pod).status);
  const scheduled = latest(conditions.get('PodScheduled')?.since, timing.at(status.startTime));
  const initialized = conditions.get('Initialized');
  const ready = latest(scheduled, initialized?.status === 'True' ? initialized.since : undefined);
  const found = [
    ...records(status.initContainerStatuses).map((one) => containerTrouble(one, scheduled, options, timing)),
    ...records(status.containerStatuses).map((one) => containerTrouble(one, ready, options, timing)),
  ];
  return found
    .filter((trouble) => trouble !== undefined)
    .map((trouble) => ({ pod, key: `pod/${trouble.container}`, ...trouble }));
}

/** It has a node, and still no container was so much as tried. */
function creating(
  pod: DeepReadonly<ObjectLike>,
  conditions: ReadonlyMap<string, Condition>,
  { creatingFor }: PodOptions,
  timing: Timing,
): PodTrouble[] {
  const status = fields(fields(pod).status);
  const waits = [...records(status.initContainerStatuses), ...records(status.containerStatuses)].some(
    ({ state }) => text(fields(fields(state).waiting).reason) === 'ContainerCreating',
  );
  const scheduled = conditions.get('PodScheduled');
  if (!waits || scheduled?.status !== 'True' || !timing.lasts(scheduled.since, creatingFor)) return [];
  return [{ ...ofPod(pod), reason: 'StuckCreating', key: 'creation', ...CREATING, message: undefined }];
}

function ofPod(pod: DeepReadonly<ObjectLike>): Pick<PodTrouble, 'pod' | 'ran'> {
  return { pod, ran: false };
}
