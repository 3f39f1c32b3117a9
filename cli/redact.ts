import { pino } from 'pino';
import { maskSecrets } from '../crds/mask-secrets.ts';

/** What is never printed, wherever it is called so: in any case, with any prefix (`clientKey`, `X-Token`). */
const SECRET =
  /^(?:.*[-_])?(?:authorization|cookie|password|passphrase|token|secret|key|database-?url)$|(?:Key|Token|Secret|Password)$/i;
const CENSOR = '[redacted]';
const DEEPEST = 6;

/**
 * The fields of a line of the log without what authenticates anybody: fields that are called like a secret, and what looks
 * like one in any text. Errors are told by their message and causes; under `err` with their stack, too.
 */
export function redacted(fields: object): Record<string, unknown> {
  return recordOf(fields, 0);
}

function recordOf(fields: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (SECRET.test(name) && value !== undefined) return [name, CENSOR];
      if (name === 'err' && value instanceof Error) return [name, clean({ ...pino.stdSerializers.err(value) }, depth)];
      return [name, clean(value, depth)];
    }),
  );
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskSecrets(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof Error) return maskSecrets(errorText(value));
  if (depth >= DEEPEST) return '…';
  if (Array.isArray(value)) return value.map((each) => clean(each, depth + 1));
  return recordOf(value, depth + 1);
}

function errorText(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${errorText(error.cause)}` : error.message;
}
