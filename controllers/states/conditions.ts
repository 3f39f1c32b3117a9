import { type Fields, fields, oneLine, records, text } from '../index.ts';
import type { Timing } from './timing.ts';

/** A condition of a status, as far as it is one. */
export interface Condition {
  readonly type: string;
  /** Empty where a kind's conditions have none (Argo CD's): there it is enough that one is there. */
  readonly status: string;
  readonly reason: string | undefined;
  readonly message: string | undefined;
  /** When it became so, ms. */
  readonly since: number | undefined;
}

/** The conditions of an object's status, by type. Of two of one type the last counts. */
export function conditionsOf(object: unknown, timing: Timing): ReadonlyMap<string, Condition> {
  const found = new Map<string, Condition>();
  for (const condition of records(fields(fields(object).status).conditions)) {
    const [type, status] = [text(condition.type), text(condition.status)];
    if (type === undefined) continue;
    const since = timing.at(condition.lastTransitionTime);
    found.set(type, { type, status: status ?? '', ...wordsOf(condition), since });
  }
  return found;
}

function wordsOf(condition: Fields): { reason: string | undefined; message: string | undefined } {
  return { reason: text(condition.reason), message: text(condition.message) };
}

const REASON = /^[A-Z][A-Za-z0-9]{0,127}$/;

/** Why, in one line: the message, else the reason. */
export function whyOf({ reason, message }: Condition): string | undefined {
  const why = message ?? (reason !== undefined && REASON.test(reason) ? reason : undefined);
  return why === undefined ? undefined : oneLine(why.slice(0, 4_000), 1_000);
}

/** As evidence: nothing but words. */
export function shownConditions(conditions: Iterable<Condition>): { type: string; status: string }[] {
  return [...conditions].slice(0, 8).map(({ type, status, reason, message, since }) => ({
    ...{ type: type.slice(0, 63), status: status.slice(0, 63) },
    ...(reason === undefined ? {} : { reason: reason.slice(0, 128) }),
    ...(message === undefined ? {} : { message: message.slice(0, 4_096) }),
    ...(since === undefined ? {} : { lastTransitionTime: new Date(since).toISOString() }),
  }));
}
