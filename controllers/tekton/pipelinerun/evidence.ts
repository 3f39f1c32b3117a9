import type { Evidence, Fields, Read } from '../../index.ts';
import { shownConditions } from '../../pipelines/conditions.ts';
import type { Failure } from './failure.ts';

/**
 * What shows that a run failed: the conditions of the task that is to blame, its failing step, and the end of that step's
 * log while the Pod is there. Of a run without such a task, the condition of the run.
 */
export async function evidenceOf(
  { culprit }: Failure,
  runCondition: Fields,
  namespace: string,
  read: Read,
): Promise<Evidence> {
  if (culprit === undefined) return { conditions: shownConditions([runCondition]) };
  const [step] = culprit.steps;
  const { podName } = culprit;
  const container = step?.container;
  const log =
    podName === undefined || container === undefined ? undefined : await read.logs(namespace, podName, container);
  return {
    failing: { apiVersion: culprit.apiVersion, kind: 'TaskRun', name: culprit.name.slice(0, 253) },
    conditions: shownConditions(culprit.conditions),
    ...(step ? { step: step.name.slice(0, 253), exitCode: step.exitCode } : {}),
    ...(log
      ? { log: { pod: podName as string, container: container as string, lines: [...log.lines], cut: log.cut } }
      : {}),
  };
}
