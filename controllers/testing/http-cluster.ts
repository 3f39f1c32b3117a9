import { createKubeClient, type KubeClient } from '../runtime/kube-client.ts';
import { createLiveSource } from '../runtime/live-source.ts';
import { silentLogger } from '../runtime/logger.ts';
import { kindId } from '../runtime/object.ts';
import type { ControllerDefinition } from '../runtime/plugin.ts';
import type { RecordedChange } from '../runtime/recorded-stream.ts';
import type { ObjectSource } from '../runtime/source.ts';
import { FakeApiServer, type FakeKind } from './fake-api-server.ts';
import { HeardClient } from './heard-client.ts';
import { ManualClock } from './manual-clock.ts';

/** Turns of the event loop in which nothing is on its way: what arrived has been dealt with. */
const QUIET_TURNS = 5;
/** Real time. Only a bug is so slow. */
const GIVE_UP_MS = 60_000;

/** The kinds of a stream, each in the version in which it was recorded first: what a fake API server has to serve. */
export function kindsOf(changes: readonly RecordedChange[]): FakeKind[] {
  const kinds = new Map<string, FakeKind>();
  for (const { object } of changes) {
    const { apiVersion, kind, metadata } = object;
    const id = kindId(apiVersion, kind);
    if (!kinds.has(id)) kinds.set(id, { apiVersion, kind, namespaced: metadata.namespace !== undefined });
  }
  return [...kinds.values()];
}

/**
 * A cluster of a recorded stream: the fake API server over HTTP, the product's own client and reflectors, and a clock on which
 * all of them live. When the clock has been advanced, everything that was written has been read.
 */
export class HttpCluster implements AsyncDisposable {
  readonly server: FakeApiServer;
  readonly clock: ManualClock;
  readonly source: ObjectSource;
  readonly #client: KubeClient & AsyncDisposable;

  private constructor(
    server: FakeApiServer,
    clock: ManualClock,
    client: KubeClient & AsyncDisposable,
    heard: KubeClient,
  ) {
    this.server = server;
    this.clock = clock;
    this.#client = client;
    this.source = createLiveSource({ client: heard, logger: silentLogger, clock, random: () => 0.5 });
  }

  /** `at`: RFC 3339, when the clock begins. What the controller declares and the stream does not tell of is empty. */
  static async start(
    { watches, reads = [] }: Pick<ControllerDefinition, 'watches' | 'reads'>,
    changes: readonly RecordedChange[],
    at: string,
  ): Promise<HttpCluster> {
    const kinds = new Map(kindsOf(changes).map((each) => [kindId(each.apiVersion, each.kind), each]));
    for (const { apiVersion: versions, kind } of [watches, ...reads]) {
      const [apiVersion = 'v1'] = [versions].flat();
      const id = kindId(apiVersion, kind);
      if (!kinds.has(id)) kinds.set(id, { apiVersion, kind });
    }
    const [first, ...others] = kinds.values();
    const parts: { server?: FakeApiServer; heard?: HeardClient } = {};
    const clock = new ManualClock(at, () => quiet(parts.server, parts.heard));
    const server = await FakeApiServer.start({ ...first, others, clock });
    // Limits of a client are about real servers, and would wait for a clock that waits for them.
    const client = createKubeClient({ server: server.url, clock, qps: 1e9, burst: 1e9 });
    const heard = new HeardClient(client);
    Object.assign(parts, { server, heard });
    return new HttpCluster(server, clock, client, heard);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

/** Waits for I/O, not for time: until nobody has anything to hear any more. */
async function quiet(server: FakeApiServer | undefined, client: HeardClient | undefined): Promise<void> {
  const giveUpAt = performance.now() + GIVE_UP_MS;
  const isQuiet = (): boolean =>
    client?.pending === 0 && client.openWatches === server?.openWatches && client.bytesHeard === server.bytesTold;
  for (let turns = 0; turns < QUIET_TURNS; turns = isQuiet() ? turns + 1 : 0) {
    if (performance.now() > giveUpAt) throw new Error('the watches of a replay have not heard all that they were told');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
