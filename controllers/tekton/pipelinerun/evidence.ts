import type { Evidence, Read } from '../../index.ts';
import type { Failure } from './failure.ts';
import { type Fields, text } from './shape.ts';

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
  if (culprit === undefined) return { conditions: conditionsOf([runCondition]) };
  const [step] = culprit.steps;
  const { podName } = culprit;
  const container = step?.container;
  const log =
    podName === undefined || container === undefined ? undefined : await read.logs(namespace, podName, container);
  return {
    failing: { apiVersion: culprit.apiVersion, kind: 'TaskRun', name: culprit.name.slice(0, 253) },
    conditions: conditionsOf(culprit.conditions),
    ...(step ? { step: step.name.slice(0, 253), exitCode: step.exitCode } : {}),
    ...(log
      ? { log: { pod: podName as string, container: container as string, lines: [...log.lines], cut: log.cut } }
      : {}),
  };
}

const MAX_CONDITIONS = 8;
const MAX_MESSAGE = 4_096;

function conditionsOf(conditions: readonly Fields[]): NonNullable<Evidence['conditions']> {
  return conditions.slice(0, MAX_CONDITIONS).flatMap((condition) => {
    const [type, status] = [text(condition.type), text(condition.status)];
    if (type === undefined || status === undefined) return [];
    const [reason, message] = [text(condition.reason), text(condition.message)];
    const at = text(condition.lastTransitionTime);
    return [
      {
        ...{ type: type.slice(0, 63), status: status.slice(0, 63) },
        ...(reason === undefined ? {} : { reason: reason.slice(0, 128) }),
        ...(message === undefined ? {} : { message: message.slice(0, MAX_MESSAGE) }),
        ...(at === undefined || at.length > 64 ? {} : { lastTransitionTime: at }),
      },
    ];
  });
}
