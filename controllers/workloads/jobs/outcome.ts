import {
  type DeepReadonly,
  type Evidence,
  fields,
  identifier,
  type ObjectLike,
  type Read,
  records,
  text,
} from '../../index.ts';
import { type Condition, conditionsOf, shownConditions } from '../../states/conditions.ts';
import type { Timing } from '../../states/timing.ts';
import { type JobReason, jobReason } from './catalogue.ts';

/** What became of a Job. */
export type JobOutcome =
  | { readonly state: 'running' }
  | { readonly state: 'complete'; readonly at: number | undefined }
  | {
      readonly state: 'failed';
      readonly at: number | undefined;
      readonly reason: JobReason;
      readonly condition: Condition;
    };

/** `Complete` and `Failed` alone end a Job: `FailureTarget` and `SuccessCriteriaMet` say what it will come to. */
export function outcomeOf(job: DeepReadonly<ObjectLike>, timing: Timing): JobOutcome {
  const conditions = conditionsOf(job, timing);
  const [failed, complete] = [conditions.get('Failed'), conditions.get('Complete')];
  if (failed?.status === 'True') {
    return { state: 'failed', at: failed.since, reason: jobReason(failed.reason), condition: failed };
  }
  const at = timing.at(fields(fields(job).status).completionTime) ?? complete?.since;
  return complete?.status === 'True' ? { state: 'complete', at } : { state: 'running' };
}

/** The condition, and of its Pods the one that failed last, with the end of its log. */
export async function jobEvidence(
  condition: Condition,
  pods: readonly DeepReadonly<ObjectLike>[],
  read: Read,
  timing: Timing,
): Promise<Evidence> {
  const conditions = shownConditions([condition]);
  const ended = pods.flatMap((pod) => endedContainers(pod, timing));
  const last = ended.toSorted((a, b) => b.at - a.at || (a.pod < b.pod ? -1 : 1))[0];
  if (last === undefined) return { conditions };
  const log = await read.logs(last.namespace, last.pod, last.container);
  return {
    failing: { apiVersion: 'v1', kind: 'Pod', name: last.pod.slice(0, 253) },
    conditions,
    step: last.container,
    exitCode: last.exitCode,
    ...(log === undefined
      ? {}
      : { log: { pod: last.pod, container: last.container, lines: [...log.lines], cut: log.cut } }),
  };
}

interface Ended {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly exitCode: number;
  readonly at: number;
}

function endedContainers(pod: DeepReadonly<ObjectLike>, timing: Timing): Ended[] {
  const status = fields(fields(pod).status);
  const { namespace = '', name } = pod.metadata;
  return [...records(status.initContainerStatuses), ...records(status.containerStatuses)].flatMap((container) => {
    const called = identifier(container.name);
    const { exitCode, finishedAt } = fields(
      fields(container.state).terminated ?? fields(container.lastState).terminated,
    );
    if (called === undefined || !Number.isSafeInteger(exitCode) || exitCode === 0) return [];
    const at = timing.at(text(finishedAt)) ?? 0;
    return [{ namespace, pod: name, container: called, exitCode: exitCode as number, at }];
  });
}
