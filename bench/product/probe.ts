import { setTimeout as sleep } from 'node:timers/promises';
import { API } from '../data/seed.ts';
import { processMemory } from '../harness/process-memory.ts';
import { percentile } from '../harness/statistics.ts';
import type { BenchContext } from '../scenario.ts';
import type { Environment } from './environment.ts';
import { type ListsCounts, listEverything } from './lists.ts';
import { ask, clientOf } from './requests.ts';

export interface Probed extends ListsCounts {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The largest that was seen. */
  readonly residentMB: number;
}

/**
 * Asks what the aggregator asks to learn whether the API is there, every 50 ms, while so many clients list everything
 * without a limit, again and again. All of them ask the server itself: through the aggregator they would share its speed.
 */
export async function probeUnderLists(
  { progress, signal }: BenchContext,
  { target, serverPid }: Environment,
  { clients, seconds }: { clients: number; seconds: number },
): Promise<Probed> {
  const stop = await listEverything({ target, clients }, signal);
  const client = clientOf(target);
  const times: number[] = [];
  let residentMB = 0;
  const begun = performance.now();
  for (let now = begun; now - begun < seconds * 1_000; now = performance.now()) {
    signal.throwIfAborted();
    const { status } = await ask(client, target, API.ours);
    if (status !== 200) throw new Error(`the probe was answered ${status}`);
    times.push(performance.now() - now);
    if (times.length % 100 === 0) progress.step(`probing: ${Math.round((now - begun) / 1_000)} of ${seconds} s`);
    residentMB = Math.max(residentMB, (await processMemory(serverPid)).residentMB);
    await sleep(50);
  }
  const counts = await stop();
  await client.destroy();
  return { p50Ms: percentile(times, 50), p99Ms: percentile(times, 99), residentMB, ...counts };
}
