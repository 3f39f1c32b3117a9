import type { Bindings, Budget } from '../../cel/index.ts';
import { type ClusterObject, isRecord } from '../runtime/object.ts';

/** What the expressions of a rule may name; the table of docs/write-a-rule.md is made of it. */
export const VARIABLES: Readonly<Record<'object' | 'conditions' | 'now' | 'item', string>> = {
  object: 'The object, without metadata.managedFields.',
  conditions: 'Its status.conditions by type: `conditions.Ready.status`.',
  now: 'The time. A rule that names it looks at its objects again `every` so often, because time changes nothing else.',
  item: 'The item of `each`, in the other members of that finding.',
};

export type Variable = keyof typeof VARIABLES;

/** Where `each` is not. */
export const OF_OBJECT: readonly Variable[] = ['object', 'conditions', 'now'];
export const OF_ITEM: readonly Variable[] = [...OF_OBJECT, 'item'];

/** The values of the variables that are used, paid from `budget`. Throws what `fromJson` throws: too deep, too much. */
export function bindingsOf(
  cel: typeof import('../../cel/index.ts'),
  object: ClusterObject,
  now: number,
  uses: ReadonlySet<string>,
  budget: Budget,
): Bindings {
  return {
    ...(uses.has('object') ? { object: cel.fromJson(object, budget) } : {}),
    ...(uses.has('conditions') ? { conditions: cel.fromJson(conditionsOf(object), budget) } : {}),
    ...(uses.has('now') ? { now: cel.timestamp(now) } : {}),
  };
}

/** Of two with one type, which no API allows, the last. */
function conditionsOf({ status }: ClusterObject): Record<string, unknown> {
  const list = isRecord(status) && Array.isArray(status.conditions) ? (status.conditions as unknown[]) : [];
  return Object.fromEntries(
    list.flatMap((one) => (isRecord(one) && typeof one.type === 'string' ? [[one.type, one] as const] : [])),
  );
}
