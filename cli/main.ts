import { writeSync } from 'node:fs';
import { basename } from 'node:path';
import { commands } from './commands/index.ts';
import { EXIT } from './exit.ts';
import { packageVersion } from './package-info.ts';
import { COMPLETE, runProgram } from './program.ts';
import type { Output, Streams } from './streams.ts';

/** The process: the only file that reads its arguments, environment and streams, and that ends it. */

// What is made for development is slower: React asks for it when it is loaded.
process.env.NODE_ENV ??= 'production';

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    // The second time the user means it.
    if (stop.signal.aborted) process.exit(EXIT.interrupted);
    stop.abort(new Error(name));
  });
}

function output(stream: NodeJS.WriteStream): Output {
  // `faultline … | head` closes the pipe: nothing is left to say.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.ok);
    // A full disk, most of all: what was written is not whole.
    if (stream !== process.stderr) writeSync(2, `error: cannot write the output: ${error.message}\n`);
    process.exit(EXIT.failure);
  });
  return {
    write: (text) => void stream.write(text),
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      // A terminal that nobody told its size has 0 of them.
      return stream.columns || 80;
    },
  };
}

const streams: Streams = {
  out: output(process.stdout),
  err: output(process.stderr),
  in: process.stdin,
  ...(process.stdin.isTTY && process.stdout.isTTY && { terminal: { in: process.stdin, out: process.stdout } }),
  env: process.env,
  directory: process.cwd(),
  signal: stop.signal,
};

const called = basename(process.argv[1] ?? '');
const isPlugin = called.startsWith('kubectl-');
// How kubectl asks a plugin what may be typed next.
const completes = called.startsWith('kubectl_complete-') ? [COMPLETE] : [];
process.exitCode = await runProgram([...completes, ...process.argv.slice(2)], streams, {
  name: isPlugin ? 'kubectl faultline' : 'faultline',
  version: packageVersion(),
  commands,
});
// Everything was closed; a handle that somebody forgot must not keep the shell waiting.
setTimeout(() => process.exit(), 500).unref();
