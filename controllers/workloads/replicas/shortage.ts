import { type DeepReadonly, type Finding, type ObjectLike, oneLine, type Read } from '../../index.ts';
import { conditionsOf } from '../../states/conditions.ts';
import type { Memory } from '../../states/memory.ts';
import { latest, type Timing } from '../../states/timing.ts';

/** How many Pods a workload has lacked for too long. */
export interface Shortage {
  /** There, but not ready. */
  readonly unready: number;
  /** Not there. */
  readonly missing: number;
}

interface Asked {
  readonly read: Pick<Read, 'live'>;
  readonly memory: Memory;
  readonly unavailableFor: string;
  readonly timing: Timing;
}

const MISSING = 'missing';

/**
 * What a StatefulSet or DaemonSet lacks. Their status has no times, so their Pods have to say it: a Pod that is there has
 * not been ready for so long. That one is not there nobody says: it counts from when it was first seen, and anew whenever
 * something happens to the other Pods. Undefined: Pods are missing, and not for long enough. Of a recording none is: it
 * may just not have been recorded.
 */
export function shortageOf(
  workload: DeepReadonly<ObjectLike>,
  pods: readonly DeepReadonly<ObjectLike>[],
  wanted: number,
  { read, memory, unavailableFor, timing }: Asked,
): Shortage | undefined {
  const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const looked = staying.map((pod) => {
    const ready = conditionsOf(pod, timing).get('Ready');
    return { isReady: ready?.status === 'True', since: ready?.since ?? timing.at(pod.metadata.creationTimestamp) };
  });
  const late = looked.filter(({ isReady, since }) => !isReady && timing.lasts(since, unavailableFor));
  const unready = Math.min(late.length, wanted);
  const missing = Math.max(0, wanted - staying.length);
  if (missing === 0 || !read.live) {
    memory.forget(workload, MISSING);
    return { unready, missing: 0 };
  }
  const changed = [
    timing.at(workload.metadata.creationTimestamp),
    ...looked.map(({ since }) => since),
    ...pods.flatMap(({ metadata }) => [timing.at(metadata.creationTimestamp), timing.at(metadata.deletionTimestamp)]),
  ];
  const since = latest(memory.since(workload, MISSING, read, timing), ...changed);
  return timing.lasts(since, unavailableFor) ? { unready, missing } : undefined;
}

/** The finding of a shortage, if there is one; `say` makes it, by the catalogue of the controller. */
export function shortageFindings(
  who: string,
  shortage: Shortage,
  wanted: number,
  say: (reason: 'NoReplicasAvailable' | 'ReplicasUnavailable', words: { readonly title: string }) => Finding,
): Finding[] {
  const short = shortage.unready + shortage.missing;
  if (short === 0) return [];
  const reason = short >= wanted ? 'NoReplicasAvailable' : 'ReplicasUnavailable';
  return [say(reason, { title: oneLine(`${who}: ${shortageWords(shortage, wanted)}`, 200) })];
}

/** "1 of its 3 Pods is not ready, and 1 missing". */
export function shortageWords({ unready, missing }: Shortage, wanted: number): string {
  if (wanted === 1) return `its Pod is ${unready === 0 ? 'missing' : 'not ready'}`;
  const of = `of its ${wanted} Pods`;
  if (unready === 0) return `${missing} ${of} ${missing === 1 ? 'is' : 'are'} missing`;
  const verb = unready === 1 ? 'is' : 'are';
  return `${unready} ${of} ${verb} not ready${missing === 0 ? '' : `, and ${missing} missing`}`;
}
