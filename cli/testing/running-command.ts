import { commands } from '../commands/index.ts';
import { runProgram } from '../program.ts';
import type { Streams } from '../streams.ts';
import { type RecordedOutput, recordedStreams } from './recorded-streams.ts';

/** A command that runs in this process until it ends by itself or is stopped. */
export interface RunningCommand extends AsyncDisposable {
  readonly out: RecordedOutput;
  readonly err: RecordedOutput;
  readonly exitCode: Promise<number>;
  /** Resolves when `out` or `err` holds the text; rejects with what was written when the command ends before. */
  printed(text: string | RegExp): Promise<void>;
  /** As SIGINT does. */
  stop(): Promise<number>;
}

export function startCommand(
  argv: readonly string[],
  how: Partial<Pick<Streams, 'env' | 'directory' | 'in'>> = {},
): RunningCommand {
  const stopping = new AbortController();
  const waiting = new Set<() => void>();
  const streams = recordedStreams({ ...how, signal: stopping.signal });
  const { out, err } = streams;
  const told = (output: RecordedOutput): RecordedOutput => ({
    ...output,
    write(text) {
      output.write(text);
      for (const look of waiting) look();
    },
  });
  const exitCode = runProgram(
    argv,
    { ...streams, out: told(out), err: told(err) },
    { name: 'faultline', version: '0', commands },
  );
  const stop = (): Promise<number> => {
    stopping.abort(new Error('SIGINT'));
    return exitCode;
  };
  return {
    out,
    err,
    exitCode,
    stop,
    printed(text) {
      const isThere = () =>
        [out, err].some((output) =>
          typeof text === 'string' ? output.text().includes(text) : text.test(output.text()),
        );
      return new Promise((resolve, reject) => {
        const look = (): void => {
          if (!isThere()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
        void exitCode.then((code) => {
          if (isThere()) resolve();
          else reject(new Error(`faultline ended with ${code} before it printed ${text}:\n${out.text()}${err.text()}`));
        });
      });
    },
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}
