import Joi from 'joi';

// RFC 3339 with a time zone; seconds may be 60 (a leap second) and are then refused by Date.parse, as PostgreSQL would.
const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/** Milliseconds since 1970 of an RFC 3339 time, or undefined when the text is none (also for 30 February). */
export function parseTime(text: unknown): number | undefined {
  if (typeof text !== 'string' || !RFC3339.test(text)) return undefined;
  const ms = Date.parse(text.replace(' ', 'T'));
  if (Number.isNaN(ms)) return undefined;
  // Date.parse rolls 02-30 over to March; the day must survive the round trip in its own zone.
  const day = Number(text.slice(8, 10));
  return new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)) - 1, day)).getUTCDate() === day
    ? ms
    : undefined;
}

/** RFC 3339, UTC, whole seconds: the form of every time in a Kubernetes object. */
export function formatTime(time: Date | number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** A Joi string that must be an RFC 3339 time. */
export function rfc3339(): Joi.StringSchema {
  return Joi.string()
    .max(64)
    .custom((value: string) => {
      if (parseTime(value) === undefined) throw new Error('must be an RFC 3339 time such as 2026-11-21T07:33:45Z');
      return value;
    }, 'an RFC 3339 time');
}
