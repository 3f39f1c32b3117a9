import { type CelInput, type CelValue, celMap, isCelList, isCelMap, isCelUint } from '@bufbuild/cel';
import type { Budget } from './budget.ts';

/** Between JSON and CEL. Whole numbers are `int`, as in Kubernetes' own CEL; other numbers are `double`. */

/** Deeper JSON than any sender writes; recursion over it must stay harmless. */
const MAX_DEPTH = 100;

export class NotConvertible extends Error {
  override readonly name = 'NotConvertible';
}

/**
 * JSON as CEL sees it. Maps throughout: a member that is called `constructor` is a member like any other. Whoever is asked
 * to convert it for somebody gives that one's `budget`: a node costs a unit, and text nothing more, because it is not copied
 * (measured: 0.7 µs a member, 40 µs a megabyte of text). Throws NotConvertible and BudgetExceeded.
 */
export function fromJson(value: unknown, budget?: Budget, depth = 0): CelInput {
  budget?.spend(1);
  if (depth > MAX_DEPTH) throw new NotConvertible(`is nested deeper than ${MAX_DEPTH} levels`);
  switch (typeof value) {
    case 'number':
      return Number.isSafeInteger(value) ? BigInt(value) : value;
    case 'string':
    case 'boolean':
      return value;
    case 'object':
      if (value === null) return null;
      if (Array.isArray(value)) return value.map((item: unknown) => fromJson(item, budget, depth + 1));
      return celMap(new Map(Object.entries(value).map(([key, member]) => [key, fromJson(member, budget, depth + 1)])));
    default:
      throw new NotConvertible(`is no JSON: ${typeof value}`);
  }
}

/**
 * The result of an expression as JSON. Members of maps that are null are left out, so that
 * `{'url': has(x.url) ? x.url : null}` means what it looks like. Throws NotConvertible for what JSON has no word for.
 */
export function toJson(value: CelValue, budget: Budget, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new NotConvertible(`is nested deeper than ${MAX_DEPTH} levels`);
  budget.spend(1);
  switch (typeof value) {
    case 'string':
      budget.spend(value.length / 16);
      return value;
    case 'boolean':
      return value;
    case 'bigint':
      return Number(value);
    case 'number':
      if (!Number.isFinite(value)) throw new NotConvertible(`is the number ${value}, which JSON does not have`);
      return value;
    default:
      return objectToJson(value, budget, depth);
  }
}

function objectToJson(value: Exclude<CelValue, string | boolean | bigint | number>, budget: Budget, depth: number) {
  if (value === null) return null;
  if (isCelUint(value)) return Number(value.value);
  if (isCelList(value)) return Array.from(value, (item) => toJson(item, budget, depth + 1));
  if (isCelMap(value)) {
    const members: [string, unknown][] = [];
    for (const [key, member] of value) {
      if (typeof key !== 'string') throw new NotConvertible(`has the key ${String(key)}; keys must be strings`);
      if (member !== null) members.push([key, toJson(member, budget, depth + 1)]);
    }
    return Object.fromEntries(members);
  }
  const time = timeOf(value);
  if (time !== undefined) return time;
  throw new NotConvertible('is neither text, number, boolean, list nor map');
}

/** A timestamp as RFC 3339. Recognised by its form: the library's class is not exported. */
function timeOf(value: object): string | undefined {
  const { message } = value as { message?: { $typeName?: string; seconds?: bigint; nanos?: number } };
  if (message?.$typeName !== 'google.protobuf.Timestamp') return undefined;
  return new Date(Number(message.seconds) * 1_000 + Math.trunc((message.nanos ?? 0) / 1_000_000)).toISOString();
}
