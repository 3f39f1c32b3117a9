import { type Evidence, type Fields, fields, type Observation, parseTime, records, text } from '../index.ts';

/** The conditions of an object's status, by the Kubernetes convention. */

const MAX_CONDITIONS = 8;
const MAX_MESSAGE = 4_096;
const CAMEL_CASE = /^[A-Za-z]([A-Za-z0-9_,:]{0,126}[A-Za-z0-9_])?$/; // crds/names.ts REASON, which the report schema checks

export function conditionsOf(object: unknown): readonly Fields[] {
  return records(fields(fields(object).status).conditions);
}

/** The first condition of one of these types. */
export function condition(object: unknown, ...types: readonly string[]): Fields | undefined {
  const all = conditionsOf(object);
  for (const type of types) {
    const found = all.find((one) => one.type === type);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A text that can be the reason of a finding, else the fallback. */
export function reasonOf(reason: unknown, fallback: string): string {
  const found = text(reason);
  return found !== undefined && CAMEL_CASE.test(found) ? found : fallback;
}

/** RFC 3339 text that is a time; undefined otherwise, so that a broken clock in an object orders first. */
export function timeText(value: unknown): string | undefined {
  return parseTime(value) === undefined ? undefined : text(value);
}

export type RunTimes = Pick<Observation, 'observedAt' | 'completedAt' | 'createdAt'>;

/** When something finished and was created. `deciding` is the condition that says that it is over. */
export function runTimes(object: unknown, deciding: Fields): RunTimes {
  const { metadata, status } = fields(object);
  const transition = timeText(deciding.lastTransitionTime);
  const completed = timeText(fields(status).completionTime) ?? transition;
  const created = timeText(fields(metadata).creationTimestamp);
  return {
    ...(transition === undefined ? {} : { observedAt: transition }),
    ...(completed === undefined ? {} : { completedAt: completed }),
    ...(created === undefined ? {} : { createdAt: created }),
  };
}

/** Conditions as evidence: what has no type or status is left out, what is long is cut. */
export function shownConditions(conditions: readonly Fields[]): NonNullable<Evidence['conditions']> {
  return conditions.slice(0, MAX_CONDITIONS).flatMap((one) => {
    const [type, status] = [text(one.type), text(one.status)];
    if (type === undefined || status === undefined) return [];
    const [reason, message] = [text(one.reason), text(one.message)];
    const at = text(one.lastTransitionTime);
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
