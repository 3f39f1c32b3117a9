import type { Readable } from 'node:stream';

/** Everything a command knows of the process that runs it, injected, so that commands are embedded and tested (style.md 15). */
export interface Streams {
  readonly out: Output;
  readonly err: Output;
  readonly in: Readable;
  /** Undefined where standard input or output is no terminal. */
  readonly terminal?: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The current directory. */
  readonly directory: string;
  /** Aborts at the first SIGINT or SIGTERM: finish quickly. */
  readonly signal: AbortSignal;
}

/** The two ends of a terminal, for what takes the whole screen. */
export interface Terminal {
  readonly in: Readable;
  readonly out: NodeJS.WriteStream;
}

export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
  /** Width of the terminal, 80 when there is none. May change while a command runs. */
  readonly columns: number;
}

/** Whether colours and moving lines are wanted on an output (https://no-color.org). */
export function isLively(output: Output, env: Streams['env']): boolean {
  return output.isTTY && env.TERM !== 'dumb';
}

export function wantsColor(output: Output, env: Streams['env']): boolean {
  return isLively(output, env) && (env.NO_COLOR ?? '') === '';
}
