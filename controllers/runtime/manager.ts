import type { Registry } from 'prom-client';
import type { SourceFilter } from '../../crds/report.ts';
import { type BackendOptions, createBackend } from './backend.ts';
import { type Clock, pause, systemClock } from './clock.ts';
import type { Controller } from './controller.ts';
import { HttpSink } from './http-sink.ts';
import { buildControllers } from './informers.ts';
import { type Leadership, type LedSource, lead } from './lead.ts';
import type { LoadedController } from './loader.ts';
import type { Logger } from './logger.ts';
import { createRuntimeMetrics } from './metrics.ts';
import { NamespaceFilter } from './namespaces.ts';
import type { ClusterObject } from './object.ts';
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
  readonly #controllers: readonly Controller[];
  readonly #informers: ReturnType<typeof buildControllers>['informers'];
  readonly #backend: ReturnType<typeof createBackend>;
  readonly #sink: HttpSink;
  #running: Promise<void> | undefined;
  /** Of the current term. */
  #startOver = (): void => {};

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
      onOtherDatabase: () => this.#startOver(),
    });
    const built = buildControllers({
      ...options,
      namespaces: options.namespaces ?? ['*'],
      clusterScopedNamespace: options.clusterScopedNamespace ?? 'faultline-system',
      sink: this.#sink,
      metrics: this.#metrics,
      clock: this.#clock,
      random: this.#random,
    });
    this.#controllers = built.controllers;
    this.#informers = built.informers;
  }

  start(signal: AbortSignal): void {
    if (this.#running !== undefined) throw new Error('the manager was started already');
    this.#running = this.#run(AbortSignal.any([signal, this.#ending.signal]));
    this.#running.catch((error: unknown) => {
      this.#options.logger.error({ error: String(error) }, 'the controllers have ended unexpectedly');
    });
  }

  async synced(): Promise<void> {
    await Promise.all(this.#controllers.map((controller) => controller.settled));
  }

  async stopped(): Promise<void> {
    await this.#running;
  }

  status(): readonly ControllerStatus[] {
    return this.#controllers.map((controller) => controller.status());
  }

  measure(): void {
    for (const controller of this.#controllers) controller.measure();
    for (const informer of this.#informers) this.#metrics.missed.set({ kind: informer.kind }, informer.missed);
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
    const leading = this.#lead(signal);
    const informers = this.#informers.map((informer) => informer.run(signal));
    const controllers = this.#controllers.map((controller) =>
      controller.run(signal, async () => (await leading)?.get(controller.name)),
    );
    try {
      await Promise.all([...informers, ...controllers, leading]);
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    } finally {
      await Promise.race([this.#sink.drained(), pause(this.#clock, DRAIN_MS, sinkEnds.signal)]);
      sinkEnds.abort();
      await sink;
    }
  }

  async #lead(signal: AbortSignal): Promise<ReadonlyMap<string, Leadership> | undefined> {
    const { name: manager, controllers, logger } = this.#options;
    const namespaces = this.#options.namespaces ?? ['*'];
    const sources = controllers.map((controller) => ledSource(controller, namespaces));
    const onTerm = (startOver: () => void): void => {
      this.#startOver = startOver;
    };
    const [backend, clock, random] = [this.#backend, this.#clock, this.#random];
    return lead({ manager, sources, logger, backend, clock, random, onTerm }, signal);
  }
}

/**
 * What a manager covers is the intersection of two lists of globs. It is sent as one list: exact when one of the two
 * is everything or names its namespaces; else a sync names the namespaces that were seen, which may be too few (then
 * something stays stored) but never too many (which would resolve what nobody looked for).
 */
export function ledSource(controller: LoadedController, namespaces: readonly string[]): LedSource {
  const { labelSelector } = controller;
  const patterns = intersection(controller.namespaces, namespaces);
  const exact = patterns !== undefined;
  const excluded = namespaces.filter((pattern) => pattern.startsWith('!'));
  const filter: SourceFilter = {
    namespaces: [...(patterns ?? [...controller.namespaces, ...excluded])],
    labelSelector,
  };
  const seen = (listed: readonly ClusterObject[]): string[] => [
    ...new Set(listed.map(({ metadata }) => metadata.namespace ?? '')),
  ];
  return {
    name: controller.name,
    class: controller.definition.order,
    filter,
    syncFilter: (listed) => (exact ? filter : { namespaces: seen(listed), labelSelector }),
  };
}

function intersection(a: readonly string[], b: readonly string[]): readonly string[] | undefined {
  const isExcluding = (pattern: string): boolean => pattern.startsWith('!');
  const coversAll = (patterns: readonly string[]): boolean => {
    const positive = patterns.filter((pattern) => !isExcluding(pattern));
    return positive.length === 0 || positive.includes('*');
  };
  if (coversAll(a)) return [...b, ...a.filter(isExcluding)];
  if (coversAll(b)) return [...a, ...b.filter(isExcluding)];
  const filters = [new NamespaceFilter(a), new NamespaceFilter(b)];
  const literal = filters.map((filter) => filter.literal()).find((list) => list !== undefined);
  return literal?.filter((namespace) => filters.every((filter) => filter.matches(namespace)));
}
