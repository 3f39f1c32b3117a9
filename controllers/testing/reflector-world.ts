import { Informer } from '../runtime/informer.ts';
import { createKubeClient } from '../runtime/kube-client.ts';
import { createLiveSource } from '../runtime/live-source.ts';
import { silentLogger } from '../runtime/logger.ts';
import type { ClusterObject } from '../runtime/object.ts';
import { createReflector, type ReflectorState } from '../runtime/reflector.ts';
import type { SourceEvent, WatchRequest } from '../runtime/source.ts';
import { FakeApiServer } from './fake-api-server.ts';
import { ManualClock } from './manual-clock.ts';

/** What the tests of the reflector share: a fake API server, a clock that does not wait, and an informer that follows. */

export const request: WatchRequest = { apiVersions: ['example.com/v2', 'example.com/v1'], kind: 'Widget' };
/** Where the fake server serves that kind. */
export const widgets = { apiVersion: 'example.com/v1', kind: 'Widget', plural: 'widgets', namespaced: true };

const cleanups: (() => Promise<unknown>)[] = [];

/** Ends everything that was opened; after each test. */
export async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

/** Waits for I/O, not for time: asks again at every turn of the event loop until it holds or a deadline of real time. */
export async function eventually(holds: () => boolean, what: () => unknown = () => 'it never held'): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`${JSON.stringify(what())}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A clock of which every wait is over at once, except silence: faults are then retried without sleeping. */
class HastyClock extends ManualClock {
  readonly waits: number[] = [];
  override after(ms: number, callback: () => void): () => void {
    this.waits.push(ms);
    if (ms === 10_000 || ms > 40_000) return super.after(ms, callback);
    const handle = setImmediate(callback);
    return () => clearImmediate(handle);
  }
}

export interface WorldOptions {
  readonly namespaces?: string[] | undefined;
  readonly relistPeriodMs?: number;
}

export async function openWorld(
  prepare: (api: FakeApiServer) => void = () => {},
  { relistPeriodMs }: WorldOptions = {},
) {
  const api = await FakeApiServer.start();
  const clock = new HastyClock();
  const client = createKubeClient({ server: api.url });
  cleanups.push(
    async () => api[Symbol.asyncDispose](),
    async () => client[Symbol.asyncDispose](),
  );
  prepare(api);
  const options = { client, logger: silentLogger, clock, random: () => 0, relistPeriodMs };
  return { api, clock, client, options };
}

/** An informer that follows a fake API server. */
export async function follow(prepare?: (api: FakeApiServer) => void, options: WorldOptions = {}) {
  const world = await openWorld(prepare, options);
  const informer = new Informer({
    source: createLiveSource(world.options),
    apiVersions: request.apiVersions,
    kind: request.kind,
    namespaces: options.namespaces,
    strip: (object) => object,
    accept: () => true,
    logger: silentLogger,
  });
  const stop = new AbortController();
  const running = informer.run(stop.signal);
  cleanups.push(async () => {
    stop.abort();
    await running;
  });
  const cached = (): string[] => contents(informer.cache.values());
  const isSame = (): boolean => JSON.stringify(cached()) === JSON.stringify(contents(world.api.objects()));
  const same = (): Promise<void> =>
    eventually(isSame, () => ({
      cached: cached(),
      served: contents(world.api.objects()),
      requests: world.api.requests.slice(-5),
    }));
  return { ...world, informer, isSame, same };
}

function contents(objects: Iterable<ClusterObject>): string[] {
  return [...objects]
    .map((object) => `${object.metadata.namespace}/${object.metadata.name}=${JSON.stringify(object.spec)}`)
    .sort();
}

/** So many transitions from a state on, and what they told. */
export async function steps(world: Awaited<ReturnType<typeof openWorld>>, state: ReflectorState, count: number) {
  const reflector = createReflector(world.options, request);
  const signal = new AbortController();
  const events: SourceEvent[] = [];
  const phases: string[] = [];
  let current = state;
  for (let step = 0; step < count; step++) {
    const [more, next] = await reflector.step(current, signal.signal);
    events.push(...more);
    phases.push(next.phase);
    current = next;
  }
  if ('stream' in current) current.stream.close();
  signal.abort();
  return { events, phases, state: current };
}
