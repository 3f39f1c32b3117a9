import { isInShard, type Shard } from '../../../crds/shard.ts';
import type { Tracer } from '../../../tracing/tracer.ts';
import type { Backend } from '../backend.ts';
import { type Clock, pause } from '../clock.ts';
import { HttpSink } from '../http-sink.ts';
import type { Workplace } from '../informers.ts';
import { type Leadership, type LeadTerm, type LedSource, lead } from '../lead.ts';
import type { Logger } from '../logger.ts';
import type { Tenure } from './tenure.ts';

export interface SeatOptions {
  /** See `ManagerOptions.name`. */
  readonly manager: string;
  /** What has to be led; another list after every change. */
  readonly sources: () => readonly LedSource[];
  /** See `LeadOptions`. */
  readonly unknown?: () => readonly string[];
  /** Runs every controller at this seat until its signal aborts; resolves when all of them have ended. */
  readonly work: (seat: Seat) => Promise<void>;
  readonly backend: Backend;
  /** Objects in no namespace belong to the shard of this one. */
  readonly clusterScopedNamespace: string;
  readonly logger: Logger;
  readonly tracer?: Tracer | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

/** How long the sink may take to empty itself at the end. */
const DRAIN_MS = 1_000;
/** What the sinks of all shards may keep together is what one keeps alone. */
const CAPACITY = 5_000;
const MAX_BUFFERED = 64 * 1024 * 1024;
const NOTHING: readonly string[] = [];

/**
 * What a process does in one tenure: it leads the sources towards the backend, and its controllers look and report.
 * Nothing of it is there before or after, so that nothing can be sent by who does not lead.
 */
export class Seat {
  readonly #options: SeatOptions;
  readonly #tenure: Tenure;
  readonly #backend: Backend;
  readonly #sink: HttpSink;
  #term: LeadTerm | undefined;
  #termBegan = Promise.withResolvers<void>();

  constructor(options: SeatOptions, tenure: Tenure) {
    this.#options = options;
    this.#tenure = tenure;
    this.#backend = whileHeld(options.backend, tenure);
    const share = tenure.shard?.count ?? 1;
    this.#sink = new HttpSink({
      ...options,
      backend: this.#backend,
      capacity: Math.ceil(CAPACITY / share),
      maxBuffered: Math.ceil(MAX_BUFFERED / share),
      onOtherDatabase: () => this.#term?.startOver(),
    });
  }

  get shard(): Shard | undefined {
    return this.#tenure.shard;
  }

  /** Aborts when looking must stop. */
  get signal(): AbortSignal {
    return this.#tenure.ends;
  }

  get buffered(): number {
    return this.#sink.buffered;
  }

  get workplace(): Workplace {
    const { shard, elected } = this.#tenure;
    const { clusterScopedNamespace } = this.#options;
    const covers = (namespace: string): boolean => isInShard(namespace || clusterScopedNamespace, shard);
    return { sink: this.#sink, relists: elected, ...(shard !== undefined && { covers }) };
  }

  /** The set of sources has changed: leads that one at once. */
  renew(): void {
    this.#term?.renew();
  }

  /** Waits for whoever leads this source; undefined when the signal aborts first. */
  async leadershipOf(source: LedSource, signal: AbortSignal): Promise<Leadership | undefined> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    // Those of a removed source have no successor; a new one waits for the term that knows it.
    while (!signal.aborted) {
      const leadership = this.#term?.leaderships.get(source);
      if (leadership !== undefined) return leadership;
      await Promise.race([this.#termBegan.promise, aborted]);
    }
    return undefined;
  }

  /** Works until the tenure ends; then what was seen is sent, for a second at most and not at all after a loss. */
  async run(): Promise<void> {
    const sinkEnds = new AbortController();
    const sink = this.#sink.run(sinkEnds.signal);
    const leading = this.#lead();
    try {
      await this.#options.work(this);
      await leading;
    } finally {
      const over = AbortSignal.any([sinkEnds.signal, this.#tenure.lost]);
      await Promise.race([this.#sink.drained(), pause(this.#options.clock, DRAIN_MS, over)]);
      sinkEnds.abort();
      await sink;
    }
  }

  async #lead(): Promise<void> {
    const { manager, sources, unknown = () => NOTHING, logger, clock, random } = this.#options;
    const { shard, ends } = this.#tenure;
    const onTerm = (term: LeadTerm): void => {
      this.#term = term;
      this.#termBegan.resolve();
      this.#termBegan = Promise.withResolvers();
    };
    const common = { manager, sources, unknown, logger, clock, random, onTerm, backend: this.#backend };
    await lead({ ...common, ...(shard !== undefined && { shard }) }, ends);
  }
}

/** A backend that is asked nothing once the tenure is lost: not even by a timer that comes late, and to the end of no answer. */
function whileHeld(backend: Backend, tenure: Tenure): Backend {
  return {
    url: backend.url,
    async call(method, path, body, signal, trace) {
      if (!tenure.holds()) return { status: 0, again: true, body: undefined, error: 'this process leads no longer' };
      return backend.call(method, path, body, AbortSignal.any([signal, tenure.lost]), trace);
    },
  };
}
