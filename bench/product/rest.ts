import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds } from '../harness/cpu-time.ts';
import type { BenchContext } from '../scenario.ts';
import type { Environment } from './environment.ts';

const LOOK_SECONDS = 2;
const LONGEST_SECONDS = 120;
/** Less of a core than this, of all together, is rest. */
const REST = 0.2;

/**
 * Resolves when servers and PostgreSQL rest: what a start, or the reports before, left to be indexed and grouped is not the cost of the
 * reads that follow. After two minutes as it is.
 */
export async function untilAtRest(
  { postgres, serverPid }: Environment,
  { signal, progress }: BenchContext,
  further: readonly number[] = [],
): Promise<void> {
  progress.step('waiting until the servers rest');
  const pids = [serverPid, ...further, postgres.pid as number];
  const used = async (): Promise<number> => (await Promise.all(pids.map(cpuSeconds))).reduce((sum, each) => sum + each);
  for (let waited = 0; waited < LONGEST_SECONDS; waited += LOOK_SECONDS) {
    const before = await used();
    await sleep(LOOK_SECONDS * 1_000, undefined, { signal });
    if ((await used()) - before < REST * LOOK_SECONDS) return;
  }
}
