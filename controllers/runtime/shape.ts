/**
 * Readers for objects of which nothing is certain: a recorded run may lack half its fields, and a webhook may have let
 * anything through. Each answers the value when it has the expected shape, and nothing otherwise; none throws.
 */

export type Fields = Readonly<Record<string, unknown>>;

const NOTHING: Fields = Object.freeze({});

/** The object's fields; none when it is not a plain object. */
export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : NOTHING;
}

/** The array's items as objects; none when it is not an array. */
export function records(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? Array.from(value, fields) : [];
}

/** A string that says something. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** A string that can be (a part of) a subject's identity: 1–253 characters without control characters. */
export function identifier(value: unknown): string | undefined {
  const found = text(value)?.trim().toWellFormed();
  return found !== undefined && found.length <= 253 && !/[\p{Cc}\p{Cf}\u2028\u2029\ufffd]/u.test(found)
    ? found
    : undefined;
}

/** A finite number that is not negative. */
export function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
