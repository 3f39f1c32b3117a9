import { setTimeout as wait } from 'node:timers/promises';
import type { FeedContext, FeedLogger, ResourceDefinition, ResourceModule } from '../../kube/index.ts';
import { Fenced, type ResourceLog } from '../../store/resource-log.ts';
import { StoreUnavailable } from '../../store/store.ts';
import type { FeedMetrics } from './metrics.ts';
import { ObjectWriter } from './writer.ts';

export interface RunFeedOptions {
  readonly module: ResourceModule;
  readonly definition: ResourceDefinition;
  /** `with:` of the configuration, checked and completed. */
  readonly options: unknown;
  /** The folder of the configuration. */
  readonly directory: string;
  readonly log: ResourceLog;
  /** This process, among all that ever ran: a UUID. */
  readonly holder: string;
  readonly logger: FeedLogger;
  readonly metrics: FeedMetrics;
  /** ms since 1970. Default: Date.now. */
  readonly now?: () => number;
  /** Resolves after `ms` or when the signal fires; never rejects. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** A third of the lease (sql-resource-log.ts): two that fail in a row do not end a term. */
const RENEW_MS = 5_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** How long a feed may take to notice that its time is over. */
const END_WITHIN_MS = 1_000;

/**
 * Runs the feed of one resource for as long as this process may write it, and waits for its turn otherwise, until the signal
 * fires; then gives the right back. Never rejects: a feed that fails is told and started again with growing pauses.
 */
export function runFeed(options: RunFeedOptions, signal: AbortSignal): Promise<void> {
  return new FeedRunner(options).run(signal);
}

class FeedRunner {
  readonly #options: Required<RunFeedOptions>;

  constructor(options: RunFeedOptions) {
    this.#options = { now: Date.now, sleep: pause, ...options };
  }

  async run(signal: AbortSignal): Promise<void> {
    const { log, holder, sleep, metrics, definition } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      const epoch = await this.#lead();
      if (signal.aborted) break;
      metrics.leading(definition.plural, epoch !== undefined);
      if (epoch === undefined) {
        await sleep(RENEW_MS, signal);
        continue;
      }
      const started = this.#options.now();
      const failed = await this.#term(epoch, signal);
      if (this.#options.now() - started > LONGEST_PAUSE_MS) failures = 0;
      if (failed) await sleep(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures++, 10)), signal);
    }
    metrics.leading(definition.plural, false);
    await log.release(holder).catch(() => undefined);
  }

  /** One run of the feed, from its first write to its end. Answers whether it failed. */
  async #term(epoch: number, signal: AbortSignal): Promise<boolean> {
    const { module, log, options, directory, logger, now, sleep } = this.#options;
    const term = new AbortController();
    const end = (): void => term.abort();
    signal.addEventListener('abort', end, { once: true });
    // A signal that has fired already tells nobody.
    if (signal.aborted) term.abort();
    const renewing = this.#renew(epoch, term);
    try {
      const context: FeedContext = {
        ...{ options, directory, logger, now },
        signal: term.signal,
        sleep: (ms) => sleep(ms, term.signal),
      };
      const feed = (async () => module.feed(this.#writer(epoch, term.signal, log), context))();
      const over = ended(term.signal);
      // A feed that returned is done: the resource stays ours to write until the process ends or another one takes over.
      await Promise.race([feed.then(() => over), over]);
      await Promise.race([feed, wait(END_WITHIN_MS, undefined, { ref: false })]);
      return false;
    } catch (error) {
      if (!term.signal.aborted && !(error instanceof Fenced)) this.#failed(error);
      return !term.signal.aborted;
    } finally {
      term.abort();
      signal.removeEventListener('abort', end);
      await renewing;
    }
  }

  #writer(epoch: number, signal: AbortSignal, log: ResourceLog): ObjectWriter {
    const { module, definition, now, logger, metrics } = this.#options;
    const { plural } = definition;
    const told = new Set<string>();
    return new ObjectWriter({
      ...{ module, definition, log, epoch, signal, now },
      onWritten: (op, count) => metrics.written(plural, op, count),
      onRefused: (object, faults) => {
        metrics.refused(plural);
        const what = `${object}: ${faults.join('; ')}`;
        if (told.has(what) || told.size >= MAX_TOLD) return;
        told.add(what);
        logger.warn({ resource: plural, object, faults }, 'an object of a resource was refused');
      },
    });
  }

  /** Keeps the right to write until the term ends; ends it when the right, or the database, is another one. */
  async #renew(epoch: number, term: AbortController): Promise<void> {
    const { log, sleep } = this.#options;
    const identity = await log.identity().catch(() => undefined);
    for (;;) {
      await sleep(RENEW_MS, term.signal);
      if (term.signal.aborted) return;
      const current = await this.#lead(epoch);
      const database = await log.identity().catch(() => identity);
      if (current !== epoch || (identity !== undefined && database !== identity)) term.abort();
    }
  }

  /** The epoch in which this process may write; `otherwise` when the database does not answer. */
  async #lead(otherwise?: number): Promise<number | undefined> {
    const { log, holder } = this.#options;
    try {
      return await log.lead(holder);
    } catch (error) {
      // Why the database is away is told where it is opened.
      if (!(error instanceof StoreUnavailable)) this.#failed(error);
      return otherwise;
    }
  }

  #failed(error: unknown): void {
    const { logger, metrics, definition } = this.#options;
    metrics.failed(definition.plural);
    logger.warn({ resource: definition.plural, error }, 'the feed of a resource failed: it is started again');
  }
}

/** Different refusals that are told in one term; the counter counts all. */
const MAX_TOLD = 100;

async function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}
