import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { linesOf } from '../../controllers/runtime/json-lines.ts';
import { tektonCrds } from '../../tests/e2e/pipelineruns.ts';
import { API } from '../data/seed.ts';
import { percentile } from '../harness/statistics.ts';
import { startEnvironment } from '../product/environment.ts';
import { KubeClient } from '../product/kube-client.ts';
import { clientOf } from '../product/requests.ts';
import type { BenchContext } from '../scenario.ts';
import { applyAll, namespaceNames, preparePlace } from './cluster.ts';
import { startFaultline } from './contestants.ts';
import { conditionOf, isFailed, runningRun, SMALL, time } from './pipeline-runs.ts';

export interface ToIssue {
  readonly changes: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of that the write alone, until kube-apiserver answered it. */
  readonly writeP50Ms: number;
}

const RUNS = 400;
const CONNECTIONS = 16;

/**
 * From sending a run's completion to kube-apiserver until its stored issue is on a watch of the server: the write, the watch,
 * the look, the report, the commit and the feed. With PostgreSQL on disk, everything on this machine.
 */
export async function measureToIssue(
  context: BenchContext,
  { rate, seconds }: { rate: number; seconds: number },
): Promise<ToIssue> {
  await using environment = await startEnvironment(context, 1);
  const { plane, target } = environment;
  const namespaces = namespaceNames().map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  await applyAll(plane, [...namespaces, ...tektonCrds()]);
  await environment.allowWatching();
  await using place = await preparePlace(plane, `https://${target.host}:${target.port}`);
  await using client = new KubeClient(plane, CONNECTIONS);
  const runs = Array.from({ length: RUNS }, (_, index) => runningRun(index, SMALL));
  context.progress.step('creating runs');
  await Promise.all(runs.map((run) => client.json('POST', pathOf(run), withoutServerFields(run))));
  await using _running = await startFaultline(context, place);
  const watch = await watchIssues(target);
  const revisions = runs.map((_, index): number => (isFailed(index, 0) ? 0 : isFailed(index, 1) ? 1 : 2));
  const took: number[] = [];
  const writes: number[] = [];
  const pending = new Map<string, { state: string; sentAt: number }>();
  const watching = watch.each((name, state) => {
    const waiting = pending.get(name);
    if (waiting?.state !== state) return;
    pending.delete(name);
    took.push(performance.now() - waiting.sentAt);
  });
  const complete = async (index: number): Promise<void> => {
    const run = runs[index] as (typeof runs)[number];
    // Looked at once for two changes, a run that was healthy and is again changes no issue: nothing would ever arrive.
    if (pending.has(run.metadata.name)) return;
    const at = time(Date.now());
    const revision = revisions[index] as number;
    const condition = conditionOf(index, SMALL.tasks, revision, at);
    const sentAt = performance.now();
    pending.set(run.metadata.name, { state: isFailed(index, revision) ? 'Active' : 'Resolved', sentAt });
    // The next completion says the opposite. Decided before this one is answered, because its issue may be here earlier.
    do revisions[index] = (revisions[index] as number) + 1;
    while (isFailed(index, revisions[index] as number) === isFailed(index, revision));
    await client.json('PATCH', `${pathOf(run)}/${run.metadata.name}/status`, {
      status: { completionTime: at, conditions: [condition] },
    });
    writes.push(performance.now() - sentAt);
  };
  context.progress.step('opening the issues');
  await paced(RUNS, rate, complete, context.signal);
  await untilEmpty(pending, context.signal);
  [took.length, writes.length] = [0, 0];
  const begunAt = performance.now();
  const changes = rate * seconds;
  context.progress.step(`completing runs: ${rate} a second`);
  await paced(changes, rate, (change) => complete(change % RUNS), context.signal);
  const perSecond = changes / ((performance.now() - begunAt) / 1_000);
  await untilEmpty(pending, context.signal);
  watch.close();
  await watching;
  const [p50Ms, p99Ms, writeP50Ms] = [percentile(took, 50), percentile(took, 99), percentile(writes, 50)];
  return { changes, perSecond, p50Ms, p99Ms, writeP50Ms };
}

/** Each at its time, whatever became of those before. */
async function paced(
  count: number,
  rate: number,
  work: (index: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const begunAt = performance.now();
  const running: Promise<void>[] = [];
  for (let index = 0; index < count; index++) {
    const wait = begunAt + (index * 1_000) / rate - performance.now();
    if (wait > 0) await sleep(wait, undefined, { signal });
    running.push(work(index));
  }
  await Promise.all(running);
}

async function untilEmpty(pending: ReadonlyMap<string, unknown>, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; pending.size > 0; attempt++) {
    if (attempt === 600)
      throw new Error(`${pending.size} changes never became an issue, first ${[...pending.keys()][0]}`);
    await sleep(50, undefined, { signal });
  }
}

async function watchIssues(target: Parameters<typeof clientOf>[0]) {
  const connection = new AbortController();
  const client = clientOf(target);
  const token = 'token' in target.credentials ? target.credentials.token : '';
  const { body, statusCode } = await request(
    `https://${target.host}:${target.port}${API.ours}/issues?watch=1&resourceVersion=0`,
    {
      dispatcher: client,
      headers: { accept: 'application/json', authorization: `Bearer ${token}` },
      signal: connection.signal,
      bodyTimeout: 0,
    },
  );
  if (statusCode !== 200) throw new Error(`watching issues: ${statusCode} ${await body.text()}`);
  interface Event {
    readonly object: { readonly status?: { readonly state: string; readonly observed?: { readonly name: string } } };
  }
  return {
    async each(seen: (name: string, state: string) => void): Promise<void> {
      body.on('error', () => {});
      const events = linesOf(body, (line) => JSON.parse(line.toString()) as Event);
      try {
        for await (const some of events) {
          for (const { object } of some)
            if (object.status?.observed) seen(object.status.observed.name, object.status.state);
        }
      } catch (error) {
        if (!connection.signal.aborted) throw error;
      }
    },
    close: () => connection.abort(),
  };
}

function pathOf({ metadata }: { metadata: { namespace: string } }): string {
  return `/apis/tekton.dev/v1/namespaces/${metadata.namespace}/pipelineruns`;
}

/** What a create must not say. */
function withoutServerFields(run: ReturnType<typeof runningRun>): unknown {
  const { uid: _uid, generation: _generation, ...metadata } = run.metadata;
  const { managedFields: _, creationTimestamp: _created, ...rest } = metadata as Record<string, unknown>;
  return { ...run, metadata: rest };
}
