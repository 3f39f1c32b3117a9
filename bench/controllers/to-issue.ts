import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { linesOf } from '../../controllers/runtime/json-lines.ts';
import { tektonCrds } from '../../tests/e2e/pipelineruns.ts';
import { Collector } from '../../tracing/testing/collector.ts';
import { API } from '../data/seed.ts';
import { cpuSeconds } from '../harness/cpu-time.ts';
import { startEnvironment } from '../product/environment.ts';
import { KubeClient } from '../product/kube-client.ts';
import { clientOf } from '../product/requests.ts';
import type { BenchContext } from '../scenario.ts';
import { openBareWatch } from './bare-watch.ts';
import { applyAll, namespaceNames, preparePlace } from './cluster.ts';
import { startFaultline } from './contestants.ts';
import { conditionOf, isFailed, runningRun, SMALL, time } from './pipeline-runs.ts';
import { type Sent, type Way, waysOf } from './stages.ts';

export interface ToIssue {
  readonly perSecond: number;
  /** How many became an issue: all that were sent. */
  readonly changes: number;
  /** Of each change whose trace is whole, which all but a few are. */
  readonly ways: readonly Way[];
  /** µs a change, by who needs it. */
  readonly cpu: Readonly<Record<string, number>>;
}

const RUNS = 400;
const CONNECTIONS = 16;
/** Spans are sent every second. */
const SPANS_MS = 2_500;

/**
 * From sending a run's completion to kube-apiserver until its issue is stored, and on a watch of the server. With PostgreSQL on
 * disk, everything on this machine. Both processes trace everything, which costs some of what is measured.
 */
export async function measureToIssue(
  bench: BenchContext,
  { rate, seconds }: { rate: number; seconds: number },
): Promise<ToIssue> {
  await using collector = await Collector.start();
  const context = { ...bench, environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint } };
  await using environment = await startEnvironment(context, 1);
  const { plane, target, postgres } = environment;
  const namespaces = namespaceNames().map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  await applyAll(plane, [...namespaces, ...tektonCrds()]);
  await environment.allowWatching();
  await using place = await preparePlace(plane, `https://${target.host}:${target.port}`);
  await using client = new KubeClient(plane, CONNECTIONS);
  const runs = Array.from({ length: RUNS }, (_, index) => runningRun(index, SMALL));
  context.progress.step('creating runs');
  await Promise.all(runs.map((run) => client.json('POST', pathOf(run), withoutServerFields(run))));
  await using running = await startFaultline(context, place);
  const watch = await watchIssues(target);
  await using bare = await openBareWatch(plane, '/apis/tekton.dev/v1/pipelineruns?watch=1');
  const revisions = runs.map((_, index): number => (isFailed(index, 0) ? 0 : isFailed(index, 1) ? 1 : 2));
  const sent: (Sent & { state: string })[] = [];
  const pending = new Map<string, { -readonly [Key in keyof Sent]: Sent[Key] } & { state: string }>();
  const watching = watch.each((name, state) => {
    const waiting = pending.get(name);
    if (waiting?.state !== state) return;
    pending.delete(name);
    waiting.watchedAt = now();
    sent.push(waiting);
  });
  const complete = async (index: number): Promise<void> => {
    const run = runs[index] as (typeof runs)[number];
    const { name } = run.metadata;
    // Looked at once for two changes, a run that was healthy and is again changes no issue: nothing would ever arrive.
    if (pending.has(name)) return;
    const at = time(Date.now());
    const revision = revisions[index] as number;
    const condition = conditionOf(index, SMALL.tasks, revision, at);
    const state = isFailed(index, revision) ? 'Active' : 'Resolved';
    const change = { name, state, sentAt: now(), answeredAt: 0, watchedAt: 0 };
    pending.set(name, change);
    // The next completion says the opposite. Decided before this one is answered, because its issue may be here earlier.
    do revisions[index] = (revisions[index] as number) + 1;
    while (isFailed(index, revisions[index] as number) === isFailed(index, revision));
    await client.json('PATCH', `${pathOf(run)}/${name}/status`, {
      status: { completionTime: at, conditions: [condition] },
    });
    change.answeredAt = now();
  };
  context.progress.step('opening the issues');
  await paced(RUNS, rate, complete, context.signal);
  await untilEmpty(pending, context.signal);
  await sleep(SPANS_MS);
  sent.length = 0;
  collector.requests.length = 0;
  const used = async (): Promise<Record<string, number>> => ({
    controllers: await cpuSeconds(running.pid),
    server: await cpuSeconds(environment.serverPid),
    PostgreSQL: await cpuSeconds(postgres.pid ?? 0),
    'kube-apiserver': await cpuSeconds(plane.apiserverPid ?? 0),
    etcd: await cpuSeconds(plane.etcdPid ?? 0),
    'this generator': process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
  });
  const [before, begunAt] = [await used(), performance.now()];
  const changes = rate * seconds;
  context.progress.step(`completing runs: ${rate} a second`);
  await paced(changes, rate, (change) => complete(change % RUNS), context.signal);
  const perSecond = changes / ((performance.now() - begunAt) / 1_000);
  await untilEmpty(pending, context.signal);
  const after = await used();
  const arrivals = await bare.end();
  watch.close();
  await watching;
  await sleep(SPANS_MS);
  const cpu = Object.entries(after).map(([who, at]) => [who, ((at - (before[who] ?? 0)) * 1e6) / sent.length] as const);
  return {
    perSecond,
    changes: sent.length,
    ways: waysOf(sent, collector.spans, arrivals),
    cpu: Object.fromEntries(cpu),
  };
}

/** As the spans of other processes count: ms since 1970. */
function now(): number {
  return performance.timeOrigin + performance.now();
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
