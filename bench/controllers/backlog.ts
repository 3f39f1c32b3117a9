import { cpuSeconds } from '../harness/cpu-time.ts';
import { processMemory } from '../harness/process-memory.ts';
import type { Cluster } from './cluster.ts';
import type { Running } from './contestants.ts';
import { isFailed, uidOf } from './pipeline-runs.ts';

export interface Started {
  /** From the start of the process until every run was reported. */
  readonly seconds: number;
  /** Of its CPU until then. */
  readonly cpuSeconds: number;
  /** The most that was resident until then. */
  readonly peakMB: number;
  /** What it says of its caches: kind, objects, bytes. */
  readonly metrics: string;
}

const LIMIT_MS = 180_000;

/** Starts a controller over a cluster of `count` runs and waits until it has said the right thing about all of them. */
export async function measureStart(
  { recorder }: Cluster,
  count: number,
  start: () => Promise<Running>,
  signal: AbortSignal,
): Promise<Started> {
  recorder.forget();
  const startedAt = performance.now();
  await using running = await start();
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  await recorder.until(() => recorder.said.size >= count, limit);
  const seconds = (performance.now() - startedAt) / 1_000;
  const [cpu, { peakMB }] = await Promise.all([cpuSeconds(running.pid), processMemory(running.pid)]);
  const wrong = Array.from({ length: count }, (_, index) => index).filter(
    (index) => recorder.said.get(uidOf(index))?.failing !== isFailed(index, 0),
  );
  if (wrong.length > 0) throw new Error(`of ${wrong.length} runs something wrong was said, first of run ${wrong[0]}`);
  return { seconds, cpuSeconds: cpu, peakMB, metrics: await running.metrics() };
}
