import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Target } from './connection.ts';
import type { Command, LoadResult, Reply, Work } from './messages.ts';

/**
 * Sends reports from a process of its own:
 *
 *     await using load = new LoadGenerator(signal);
 *     const result = await load.send(target, 16, { plans: [plan], perRequest: 1 });
 */
export class LoadGenerator implements AsyncDisposable {
  readonly #child: ChildProcess;

  constructor(signal: AbortSignal) {
    this.#child = fork(join(import.meta.dirname, 'generator.ts'), { signal, execArgv: ['--max-old-space-size=4096'] });
    this.#child.on('error', () => {}); // an abort; whoever waits learns it from the exit
  }

  /** Prepares the requests, then sends them on so many connections. Throws when a single report was not accepted. */
  async send(target: Target, connections: number, work: Work): Promise<LoadResult> {
    await this.#ask({ do: 'prepare', target, connections, work });
    const result = await this.#ask({ do: 'run' });
    if (result.did !== 'run') throw new Error(`the load generator answered ${result.did}`);
    const refused = Object.entries(result.refused);
    if (refused.length > 0) throw new Error(`not every report was accepted: ${JSON.stringify(refused.slice(0, 5))}`);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }

  async #ask(command: Command): Promise<Reply> {
    const gone = new AbortController();
    const exit = once(this.#child, 'exit', { signal: gone.signal }).then(() => {
      throw new Error('the load generator ended');
    });
    const answer = once(this.#child, 'message', { signal: gone.signal }) as Promise<[Reply]>;
    this.#child.send(command);
    try {
      const [reply] = await Promise.race([answer, exit]);
      if (reply.did === 'fail') throw new Error(`the load generator failed: ${reply.message}`);
      return reply;
    } finally {
      gone.abort();
      await Promise.allSettled([exit, answer]);
    }
  }
}
