import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FanOut, Plan, Reply } from './messages.ts';

/** Opens the watches of the plan in a process of its own, makes the changes, and says when their events arrived. */
export async function fanOut(plan: Plan, signal: AbortSignal): Promise<FanOut> {
  const child = fork(join(import.meta.dirname, 'process.ts'), { signal, serialization: 'advanced' });
  child.on('error', () => {}); // an abort; whoever waits learns it from the exit
  try {
    return await ask(child, plan);
  } finally {
    child.kill('SIGKILL');
  }
}

async function ask(child: ChildProcess, plan: Plan): Promise<FanOut> {
  const exit = once(child, 'exit').then(() => {
    throw new Error('the process of the watches ended');
  });
  exit.catch(() => {});
  child.send(plan);
  const [reply] = (await Promise.race([once(child, 'message'), exit])) as [Reply];
  if (reply.did === 'fail') throw new Error(`watches: ${reply.message}`);
  return reply;
}
