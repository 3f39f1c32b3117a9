import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'undici';
import { API } from '../data/seed.ts';
import { processMemory } from '../harness/process-memory.ts';
import { percentile } from '../harness/statistics.ts';
import type { Target } from '../load/connection.ts';
import type { BenchContext } from '../scenario.ts';
import type { Environment } from './environment.ts';

export interface Probed {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The largest that was seen. */
  readonly residentMB: number;
  readonly lists: number;
  /** Lists that were answered 429; they are asked for again after Retry-After. */
  readonly refused: number;
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
  const counts = { lists: 0, refused: 0 };
  const over = new AbortController();
  const until = AbortSignal.any([over.signal, signal]);
  const listing = Array.from({ length: clients }, () => list(target, counts, until));
  const times: number[] = [];
  let residentMB = 0;
  const begun = performance.now();
  const client = clientOf(target);
  for (let now = begun; now - begun < seconds * 1_000; now = performance.now()) {
    signal.throwIfAborted();
    progress.step(`probing under lists: ${Math.round((now - begun) / 1_000)} of ${seconds} s`);
    await ask(client, target, API.ours);
    times.push(performance.now() - now);
    residentMB = Math.max(residentMB, (await processMemory(serverPid)).residentMB);
    await sleep(50);
  }
  over.abort();
  await Promise.all(listing);
  await client.destroy();
  return { p50Ms: percentile(times, 50), p99Ms: percentile(times, 99), residentMB, ...counts };
}

async function list(target: Target, counts: { lists: number; refused: number }, until: AbortSignal): Promise<void> {
  const client = clientOf(target);
  while (!until.aborted) {
    try {
      const { status, retryAfter } = await ask(client, target, `${API.ours}/issues`, until);
      if (status === 200) counts.lists++;
      else if (status === 429) counts.refused++;
      else throw new Error(`listing everything: ${status}`);
      if (status === 429) await sleep(retryAfter * 1_000, undefined, { signal: until });
    } catch (error) {
      if (!until.aborted) throw error;
    }
  }
  await client.destroy();
}

async function ask(client: Client, { credentials }: Target, path: string, signal?: AbortSignal) {
  const authorization = 'token' in credentials ? { authorization: `Bearer ${credentials.token}` } : {};
  const headers = { accept: 'application/json', ...authorization };
  const answer = await client.request({ method: 'GET', path, headers, ...(signal && { signal }) });
  for await (const _ of answer.body); // read and forgotten
  return { status: answer.statusCode, retryAfter: Number(answer.headers['retry-after'] ?? 1) };
}

function clientOf({ host, port, caPem }: Target): Client {
  return new Client(`https://${host}:${port}`, { connect: { ca: caPem, servername: 'localhost' }, bodyTimeout: 0 });
}
