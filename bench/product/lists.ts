import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Target } from '../load/connection.ts';

export interface ListsCommand {
  readonly target: Target;
  readonly clients: number;
}

export interface ListsCounts {
  readonly lists: number;
  /** Lists that were answered 429; they are asked for again after Retry-After. */
  readonly refused: number;
}

/**
 * So many clients that list everything without a limit, again and again, in a process of their own: reading a hundred
 * megabytes a second, they would hold up whoever measures. Answers how to stop them.
 */
export async function listEverything(command: ListsCommand, signal: AbortSignal): Promise<() => Promise<ListsCounts>> {
  const child = fork(join(import.meta.dirname, 'lists-process.ts'), { signal });
  child.on('error', () => {}); // an abort; whoever waits learns it from the exit
  const failed = once(child, 'exit').then(() => {
    throw new Error('the process that lists everything ended');
  });
  failed.catch(() => {});
  child.send(command);
  return async () => {
    child.send('stop');
    const [counts] = (await Promise.race([once(child, 'message'), failed])) as [ListsCounts];
    child.kill('SIGKILL');
    return counts;
  };
}
