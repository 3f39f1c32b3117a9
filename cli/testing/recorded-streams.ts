import { Readable } from 'node:stream';
import type { Output, Streams } from '../streams.ts';

/** An output that remembers, for tests of commands. */
export interface RecordedOutput extends Output {
  text(): string;
}

export function recordedOutput(how: { isTTY?: boolean; columns?: number } = {}): RecordedOutput {
  let written = '';
  return {
    write(text) {
      written += text;
    },
    text: () => written,
    isTTY: how.isTTY ?? false,
    columns: how.columns ?? 80,
  };
}

export interface RecordedStreams extends Streams {
  readonly out: RecordedOutput;
  readonly err: RecordedOutput;
}

/** Streams of a command that runs in a test: nothing typed, an empty environment. */
export function recordedStreams(
  how: Partial<Streams> & { out?: RecordedOutput; err?: RecordedOutput } = {},
): RecordedStreams {
  return {
    in: Readable.from([]),
    env: {},
    directory: import.meta.dirname,
    signal: new AbortController().signal,
    ...how,
    out: how.out ?? recordedOutput(),
    err: how.err ?? recordedOutput(),
  };
}
