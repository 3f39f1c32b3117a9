import { type Fields, fields, text } from '../index.ts';

const REASON = /^[A-Za-z]([A-Za-z0-9_,:]{0,126}[A-Za-z0-9_])?$/; // crds/names.ts REASON, which the report schema checks

/** The first text that can be the reason of a finding. */
export function reasonOf(...candidates: readonly (string | undefined)[]): string {
  return candidates.find((candidate) => candidate !== undefined && REASON.test(candidate)) ?? 'ConditionNotMet';
}

/** What is at a dotted path; undefined when nothing is. */
export function at(object: unknown, path: string): unknown {
  let value: unknown = object;
  for (const name of path.split('.')) {
    const found: Fields = fields(value);
    value = Object.hasOwn(found, name) ? found[name] : undefined;
  }
  return value;
}

export function textAt(object: unknown, path: string | undefined): string | undefined {
  return path === undefined ? undefined : text(at(object, path));
}

/** What a path is of, in words: `health` of `status.health.status`. */
export function nameOf(path: string): string {
  const parts = path.split('.').filter((part, index) => index > 0 && !(part === 'status' || part === 'phase'));
  return parts.length === 0 ? (path.split('.').at(-1) ?? path) : parts.join('.');
}
