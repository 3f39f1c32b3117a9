import type { DeepReadonly, ObjectLike } from '../../index.ts';
import { conditionsOf } from '../../states/conditions.ts';
import { latest, type Timing } from '../../states/timing.ts';

/** How many Pods a workload has lacked for too long. */
export interface Shortage {
  /** There, but not ready. */
  readonly unready: number;
  /** Not there. */
  readonly missing: number;
}

/**
 * What a StatefulSet or DaemonSet lacks. Their status has no times, so their Pods have to say it: a Pod that is there has
 * not been ready for so long; one that is not there has been missing since anything last happened.
 */
export function shortageOf(
  workload: DeepReadonly<ObjectLike>,
  pods: readonly DeepReadonly<ObjectLike>[],
  wanted: number,
  { unavailableFor, timing }: { unavailableFor: string; timing: Timing },
): Shortage {
  const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const looked = staying.map((pod) => {
    const ready = conditionsOf(pod, timing).get('Ready');
    return { isReady: ready?.status === 'True', since: ready?.since ?? timing.at(pod.metadata.creationTimestamp) };
  });
  const unready = looked.filter(({ isReady, since }) => !isReady && timing.lasts(since, unavailableFor)).length;
  const lacking = Math.max(0, wanted - staying.length);
  const quietSince = latest(
    timing.at(workload.metadata.creationTimestamp),
    ...looked.map(({ since }) => since),
    ...pods.flatMap(({ metadata }) => [timing.at(metadata.creationTimestamp), timing.at(metadata.deletionTimestamp)]),
  );
  const missing = lacking > 0 && timing.lasts(quietSince, unavailableFor) ? lacking : 0;
  return { unready: Math.min(unready, wanted), missing };
}

/** "1 of its 3 Pods is not ready and 1 is missing". */
export function shortageWords({ unready, missing }: Shortage, wanted: number): string {
  const of = `of its ${wanted} Pods`;
  if (unready === 0) return `${missing} ${of} ${missing === 1 ? 'is' : 'are'} missing`;
  const verb = unready === 1 ? 'is' : 'are';
  return `${unready} ${of} ${verb} not ready${missing === 0 ? '' : `, and ${missing} missing`}`;
}
