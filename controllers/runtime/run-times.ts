import { parseTime } from '../../crds/time.ts';
import { type ClusterObject, isRecord } from './object.ts';

/** When a run finished, by the conventions that Tekton, Jobs and most operators share. */

/** Condition types that say that something has come to its end, and with which status. */
const DECIDING: Readonly<Record<string, readonly string[]>> = {
  Succeeded: ['True', 'False'],
  Complete: ['True'],
  Failed: ['True'],
  Ready: ['True', 'False'],
};

/** A time that can be used, or undefined: recorded objects and clusters hold invalid ones. */
export function validTime(text: unknown): string | undefined {
  return parseTime(text) === undefined ? undefined : (text as string);
}

/** status.completionTime, else the lastTransitionTime of the deciding condition, else missing. */
export function completionTime(object: ClusterObject): string | undefined {
  const status = isRecord(object.status) ? object.status : {};
  return validTime(status.completionTime) ?? validTime(decidingCondition(status.conditions)?.lastTransitionTime);
}

/** Whether an object has finished: its completionTime or a condition says so (`Ready` does not end anything). */
export function isFinished(object: ClusterObject): boolean {
  const status = isRecord(object.status) ? object.status : {};
  if (typeof status.completionTime === 'string') return true;
  const deciding = decidingCondition(status.conditions);
  return deciding !== undefined && deciding.type !== 'Ready';
}

function decidingCondition(conditions: unknown): { readonly [key: string]: unknown } | undefined {
  if (!Array.isArray(conditions)) return undefined;
  const records = conditions.filter(isRecord);
  for (const [type, statuses] of Object.entries(DECIDING)) {
    const found = records.find((condition) => condition.type === type && statuses.includes(String(condition.status)));
    if (found !== undefined) return found;
  }
  return undefined;
}
