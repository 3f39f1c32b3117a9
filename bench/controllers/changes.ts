import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds } from '../harness/cpu-time.ts';
import { KubeClient } from '../product/kube-client.ts';
import type { BenchContext } from '../scenario.ts';
import { type Cluster, fill } from './cluster.ts';
import { startFaultline } from './contestants.ts';
import { putEach, runKey } from './etcd.ts';
import { isFailed, SMALL, type StoredRun, storedRun, uidOf } from './pipeline-runs.ts';

export interface Storm {
  readonly changes: number;
  /** As it came out: the writer, or kube-apiserver, may be the slower one. */
  readonly perSecond: number;
  /** Of one core, until all was reported. */
  readonly cpuShare: number;
  /** From the last change until the last report that it needed. */
  readonly drainMs: number;
  /** Reports that arrived: what changes while it waits is looked at once. */
  readonly reports: number;
}

const RUNS = 3_000;
const EVERY_MS = 100;
const DRAIN_LIMIT_MS = 60_000;
const SERVED_LIMIT_MS = 30_000;
const POLL_MS = 10;

/**
 * Changes runs at `rate` a second for `seconds`; then the last word about every run must be its last state, or it throws:
 * none was lost. The changes are written to etcd, as kube-apiserver would: through the API they would cost more than all else.
 * Through the API nobody can write faster than it serves, so nobody does here: before the next changes the last ones must be
 * in kube-apiserver's watch cache. It would end every watch otherwise, and what came out would be the time that it needs alone.
 */
export async function measureStorm(
  context: BenchContext,
  cluster: Cluster,
  { rate, seconds }: { rate: number; seconds: number },
): Promise<Storm> {
  const { recorder, plane } = cluster;
  await fill(cluster, RUNS, () => SMALL);
  recorder.forget();
  await using running = await startFaultline(context, cluster);
  await recorder.until(() => recorder.said.size >= RUNS, AbortSignal.timeout(DRAIN_LIMIT_MS));
  recorder.reports = 0;
  await using client = new KubeClient(plane);
  const revisions = new Array<number>(RUNS).fill(0);
  const now = Date.now();
  const [cpuBefore, begunAt] = [await cpuSeconds(running.pid), performance.now()];
  let changes = 0;
  for (let tick = 1; tick <= (seconds * 1_000) / EVERY_MS; tick++) {
    if (tick % 10 === 1) context.progress.step(`changing runs: ${changes} of ${rate * seconds}`);
    const batch = Array.from({ length: (rate * EVERY_MS) / 1_000 }, () => changes++ % RUNS);
    const stored = batch.map((index) => {
      const revision = (revisions[index] ?? 0) + 1;
      revisions[index] = revision;
      const value = storedRun(index, SMALL, { now, revision });
      return { key: runKey(value.metadata.namespace, value.metadata.name), value };
    });
    await putEach(plane.etcdUrl, stored);
    await untilServed(client, stored.at(-1)?.value, context.signal);
    await sleep(Math.max(0, begunAt + tick * EVERY_MS - performance.now()), undefined, { signal: context.signal });
  }
  const tookMs = performance.now() - begunAt;
  const stale = (): number[] =>
    revisions.flatMap((revision, index) =>
      isLastWord(recorder.said.get(uidOf(index)), index, revision, now) ? [] : index,
    );
  const limit = AbortSignal.any([context.signal, AbortSignal.timeout(DRAIN_LIMIT_MS)]);
  await recorder
    .until(() => stale().length === 0, limit)
    .catch((error: unknown) => {
      throw new Error(`of ${stale().length} runs the last state was never reported, first of run ${stale()[0]}`, {
        cause: error,
      });
    });
  const drainMs = Math.max(0, performance.now() - begunAt - tookMs);
  const cpuShare = ((await cpuSeconds(running.pid)) - cpuBefore) / ((tookMs + drainMs) / 1_000);
  return { changes, perSecond: changes / (tookMs / 1_000), cpuShare, drainMs, reports: recorder.reports };
}

/** Resolves when kube-apiserver answers with it from the cache that watches are told from. */
async function untilServed(client: KubeClient, run: StoredRun | undefined, signal: AbortSignal): Promise<void> {
  if (run === undefined) return;
  const { namespace, name } = run.metadata;
  const path = `/apis/tekton.dev/v1/namespaces/${namespace}/pipelineruns/${name}?resourceVersion=0`;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(SERVED_LIMIT_MS)]);
  for (;;) {
    const { status } = await client.json<StoredRun>('GET', path);
    if (status.completionTime === run.status.completionTime) return;
    await sleep(POLL_MS, undefined, { signal: limit });
  }
}

function isLastWord(
  said: { failing: boolean; completedAt: string | undefined } | undefined,
  index: number,
  revision: number,
  now: number,
): boolean {
  const { completionTime } = storedRun(index, SMALL, { now, revision }).status;
  return (
    said?.failing === isFailed(index, revision) && Date.parse(said.completedAt ?? '') === Date.parse(completionTime)
  );
}
