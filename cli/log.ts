import { pino } from 'pino';
import { escapeForTerminal, oneLine } from '../crds/text.ts';
import { redacted } from './redact.ts';
import type { Output, Streams } from './streams.ts';
import { wantsColor } from './streams.ts';

/**
 * Logs go to stderr: JSON lines for machines, plain one-liners for a person at a terminal. Constant messages, the rest
 * in fields; nothing that authenticates anybody is ever printed.
 */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Fields and a constant message: what every room asks of a logger. A child adds fields to each line. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** lines: for people; json: for machines. */
  readonly format: 'lines' | 'json';
}

export function createLog(options: LogOptions, err: Output, env: Streams['env']): Log {
  const write =
    options.format === 'json'
      ? (line: string) => err.write(escapeForTerminal(line))
      : (line: string) => err.write(`${humanLine(JSON.parse(line) as LogLine, wantsColor(err, env))}\n`);
  return pino(
    {
      level: options.level,
      base: null,
      formatters: { log: redacted },
    },
    { write },
  );
}

interface LogLine {
  readonly level: number;
  readonly time: number;
  readonly msg?: string;
  readonly [field: string]: unknown;
}

const NAMES: Readonly<Record<number, { readonly text: string; readonly color: string }>> = {
  20: { text: 'debug', color: '2' },
  30: { text: 'info', color: '36' },
  40: { text: 'warn', color: '33' },
  50: { text: 'error', color: '31' },
};

/** `15:04:05 warn  cluster is away host=… retryInMs=…` */
export function humanLine({ level, time, msg, ...fields }: LogLine, color: boolean): string {
  const name = NAMES[level] ?? { text: String(level), color: '0' };
  const padded = name.text.padEnd(5);
  const shown = color ? `\u001b[${name.color}m${padded}\u001b[0m` : padded;
  const clock = new Date(time).toTimeString().slice(0, 8);
  const rest = Object.entries(fields).map(([key, value]) => `${oneLine(key, 100)}=${fieldText(value)}`);
  return [clock, shown, oneLine(msg ?? '', 500), ...rest].join(' ').trimEnd();
}

// Fields carry text from clusters: nothing in them may move a cursor.
function fieldText(value: unknown): string {
  const isError = typeof value === 'object' && value !== null && 'message' in value;
  const text =
    typeof value === 'string' ? value : isError ? String(value.message) : (JSON.stringify(value) ?? 'undefined');
  const line = oneLine(text, 500);
  return /^[^\s"]+$/.test(line) ? line : JSON.stringify(line);
}
