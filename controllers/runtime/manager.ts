import type { Registry } from 'prom-client';
import { type BackendOptions, createBackend } from './backend.ts';
import { type Clock, pause, systemClock } from './clock.ts';
import { ControllerSet } from './controller-set.ts';
import { HttpSink } from './http-sink.ts';
import { type Leadership, type LeadTerm, type LedSource, lead } from './lead.ts';
import type { LoadedController } from './loader.ts';
import type { Logger } from './logger.ts';
import { createRuntimeMetrics } from './metrics.ts';
import type { ObjectSource } from './source.ts';
import type { ControllerStatus } from './status.ts';

export type { BackendOptions } from './backend.ts';
export type { ControllerCondition, ControllerCounts, ControllerStatus } from './status.ts';

export interface ManagerOptions {
  /** Who leads: `faultline-up`, or the pod's name. */
  name: string;
  controllers: readonly LoadedController[];
  source: ObjectSource;
  backend: BackendOptions;
  /** The configuration's `namespaces`. Default `['*']`. */
  namespaces?: readonly string[];
  /** Where issues of cluster-scoped subjects live. Default `faultline-system`. */
  clusterScopedNamespace?: string;
  logger: Logger;
  /** Metrics are registered here. */
  registry?: Registry;
  clock?: Clock;
  random?: () => number;
  /** How long one observation may take. Default 10 s. */
  observationTimeoutMs?: number;
}

export interface Manager extends AsyncDisposable {
  /** Begins; everything ends when the signal aborts or the manager is disposed (the sink is drained for ≤ 1 s). */
  start(signal: AbortSignal): void;
  /**
   * Resolves when the first list of every controller was decided and acknowledged. A kind that is not installed or
   * must not be read counts as settled: `status()` tells. While a cluster or the backend is away it waits.
   */
  synced(): Promise<void>;
  /**
   * Replaces the controllers of one origin while everything else goes on: who is the same (the same `definition` object
   * with equal settings) keeps its informers, cache and queue; a changed one is replaced, a removed one ends, and the new
   * set is led at once, so that a removed source becomes absent (row 8). Resolves when the new ones run; it waits neither
   * for their first lists nor for the backend. `ManagerOptions.controllers` are of the origin `configuration`. Names are
   * unique over all origins.
   */
  apply(controllers: readonly LoadedController[], origin?: string): Promise<void>;
  /** Resolves when everything has ended. */
  stopped(): Promise<void>;
  status(): readonly ControllerStatus[];
  /** Brings the gauges up to date: call it before the registry is read. */
  measure(): void;
}

/** How long the sink may take to empty itself at the end. */
const DRAIN_MS = 1_000;

/** Runs controllers against a source and a backend. One manager leads all its sources together. */
export function createManager(options: ManagerOptions): Manager {
  return new ControllerManager(options);
}

class ControllerManager implements Manager {
  readonly #options: ManagerOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #metrics: ReturnType<typeof createRuntimeMetrics>;
  readonly #ending = new AbortController();
  readonly #set: ControllerSet;
  readonly #origins = new Map<string, readonly LoadedController[]>();
  readonly #backend: ReturnType<typeof createBackend>;
  readonly #sink: HttpSink;
  #running: Promise<void> | undefined;
  #term: LeadTerm | undefined;
  #termBegan = Promise.withResolvers<void>();
  #applied = Promise.resolve();
  #signal: AbortSignal | undefined;

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#metrics = createRuntimeMetrics(options.registry);
    this.#backend = createBackend(options.backend, this.#metrics);
    const { logger } = options;
    this.#sink = new HttpSink({
      backend: this.#backend,
      logger,
      clock: this.#clock,
      random: this.#random,
      onOtherDatabase: () => this.#term?.startOver(),
    });
    this.#set = new ControllerSet({
      ...options,
      namespaces: options.namespaces ?? ['*'],
      clusterScopedNamespace: options.clusterScopedNamespace ?? 'faultline-system',
      sink: this.#sink,
      metrics: this.#metrics,
      clock: this.#clock,
      random: this.#random,
      leadershipOf: (source, signal) => this.#leadershipOf(source, signal),
    });
    this.#origins.set('configuration', options.controllers);
  }

  start(signal: AbortSignal): void {
    if (this.#running !== undefined) throw new Error('the manager was started already');
    this.#signal = AbortSignal.any([signal, this.#ending.signal]);
    this.#running = this.#run(this.#signal);
    this.#running.catch((error: unknown) => {
      this.#options.logger.error({ error: String(error) }, 'the controllers have ended unexpectedly');
    });
  }

  async synced(): Promise<void> {
    for (let waited: ControllerSet['sources'] | undefined; waited !== this.#set.sources; ) {
      await this.#applied;
      waited = this.#set.sources;
      await Promise.all(this.#set.controllers.map((controller) => controller.settled));
    }
  }

  apply(controllers: readonly LoadedController[], origin = 'configuration'): Promise<void> {
    this.#origins.set(origin, controllers);
    const before = this.#applied;
    this.#applied = (async () => {
      // One at a time, each with what is wanted by then.
      await before;
      if (this.#signal?.aborted !== true && (await this.#set.apply([...this.#origins.values()].flat())))
        this.#term?.renew();
    })();
    return this.#applied;
  }

  async stopped(): Promise<void> {
    await this.#running;
  }

  status(): readonly ControllerStatus[] {
    return this.#set.controllers.map((controller) => controller.status());
  }

  measure(): void {
    for (const controller of this.#set.controllers) controller.measure();
    this.#metrics.buffered.set(this.#sink.buffered);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.stopped();
  }

  async #run(signal: AbortSignal): Promise<void> {
    // The sink outlives the watches by the time it may drain.
    const sinkEnds = new AbortController();
    const sink = this.#sink.run(sinkEnds.signal);
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    const leading = this.#lead(signal);
    try {
      await this.#applied;
      this.#set.start(signal);
      if (!signal.aborted) await Promise.race([aborted, this.#set.broken]);
      await Promise.all([this.#applied, leading]);
      await this.#set.ended();
    } finally {
      this.#ending.abort();
      await Promise.race([this.#sink.drained(), pause(this.#clock, DRAIN_MS, sinkEnds.signal)]);
      sinkEnds.abort();
      await sink;
    }
  }

  /** Those of a removed source have no successor; a new one waits for the term that knows it. */
  async #leadershipOf(source: LedSource, signal: AbortSignal): Promise<Leadership | undefined> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    while (!signal.aborted) {
      const leadership = this.#term?.leaderships.get(source);
      if (leadership !== undefined) return leadership;
      await Promise.race([this.#termBegan.promise, aborted]);
    }
    return undefined;
  }

  async #lead(signal: AbortSignal): Promise<void> {
    const { name: manager, logger } = this.#options;
    const onTerm = (term: LeadTerm): void => {
      this.#term = term;
      this.#termBegan.resolve();
      this.#termBegan = Promise.withResolvers();
    };
    const [backend, clock, random] = [this.#backend, this.#clock, this.#random];
    await lead({ manager, sources: () => this.#set.sources, logger, backend, clock, random, onTerm }, signal);
  }
}
