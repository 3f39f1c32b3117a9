import { Agent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import type { Asked } from '../golden/ask.ts';
import { exchange } from './exchange.ts';
import { isUnreadable, judge } from './judge.ts';
import { requests } from './requests.ts';
import type { FuzzWorld } from './world.ts';

export interface Finding {
  readonly what: string;
  readonly asked: Asked;
}

export interface Report {
  readonly findings: readonly Finding[];
  /** How often each status was answered. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Bytes of heap in use, after collection, once warm and at the end. */
  readonly heap: { readonly warm: number; readonly end: number };
}

const BATCH = 1_000;
const AT_ONCE = 32;

/** Sends `count` requests, the same ones for the same seed, a few at a time, and judges every answer. */
export async function fuzz(world: FuzzWorld, { seed, count }: { seed: number; count: number }): Promise<Report> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const findings: Finding[] = [];
  const statuses: Record<string, number> = {};
  let warm = 0;
  for (let batch = 0; batch * BATCH < count; batch++) {
    const queue = fc.sample(requests(), { seed: seed + batch, numRuns: Math.min(BATCH, count - batch * BATCH) });
    const worker = async (): Promise<void> => {
      for (let asked = queue.shift(); asked; asked = queue.shift()) {
        const { status, what } = await ask(world, agent, asked);
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (what !== '') findings.push({ what, asked });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    if (batch === 1) warm = await heapUsed(world);
  }
  const end = await heapUsed(world);
  agent.destroy();
  return { findings, statuses, heap: { warm: warm || end, end } };
}

async function ask(world: FuzzWorld, agent: Agent, asked: Asked): Promise<{ status: string; what: string }> {
  try {
    const outcome = await exchange(world.door, agent, asked);
    return { status: String(outcome.status), what: judge(asked, outcome) };
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    if (code?.startsWith('ERR_')) return { status: 'not sendable', what: '' }; // Node's own client refuses it
    // What HTTP's parser refuses has no method for the server, so its Status comes for HEAD too; of no other request.
    if (asked.method === 'HEAD' && isUnreadable(asked) && message.includes('Data after'))
      return { status: '400', what: '' };
    return { status: 'none', what: `no answer: ${message}` };
  }
}

/** Once the watches that were left are over. */
async function heapUsed(world: FuzzWorld): Promise<number> {
  for (let tries = 0; world.watches() > 0 && tries < 500; tries++) await sleep(10);
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
