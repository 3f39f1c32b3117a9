import { isDeepStrictEqual } from 'node:util';
import type { Registry } from 'prom-client';
import type { ControllerExplanation, ObjectReference } from '../../crds/explanation.ts';
import type { Tracer } from '../../tracing/tracer.ts';
import { type BackendOptions, createBackend } from './backend.ts';
import { measureCaches } from './cache-memory.ts';
import { type Clock, systemClock } from './clock.ts';
import { ControllerSet } from './controller-set.ts';
import type { InformerState } from './informer.ts';
import { alwaysLeading, type Leaders, type LeadershipStatus } from './leadership/leaders.ts';
import { Seat } from './leadership/seat.ts';
import type { Tenure } from './leadership/tenure.ts';
import type { LoadedController } from './loader.ts';
import type { Logger } from './logger.ts';
import { createRuntimeMetrics } from './metrics.ts';
import { answerEverywhere } from './questions.ts';
import type { QueueState } from './queue.ts';
import type { ObjectSource } from './source.ts';
import type { ControllerCondition, ControllerStatus } from './status.ts';

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
  /** Who of several processes leads. Default: this one, always. */
  leaders?: Leaders;
  logger: Logger;
  /** Metrics are registered here. */
  registry?: Registry;
  clock?: Clock;
  random?: () => number;
  /** How long one observation may take. Default 10 s. */
  observationTimeoutMs?: number;
  /** From a watch event to the stored change. Default: nothing is traced. */
  tracer?: Tracer | undefined;
  /** Names this process in explanations: unlike `name` it is that of one pod. Default: `name`. */
  process?: string;
}

export interface ManagerInside {
  /** By controller, one at each seat that it leads from; a standby has none. */
  readonly queues: Readonly<Record<string, readonly QueueState[]>>;
  /** Reports that wait to be sent. */
  readonly buffered: number;
  readonly informers: readonly InformerState[];
}

export interface Manager extends AsyncDisposable {
  /**
   * Begins; everything ends when the signal aborts or the manager is disposed: looks, then reports (drained for ≤ 1 s), then
   * a Lease is released.
   */
  start(signal: AbortSignal): void;
  /**
   * Resolves when the first list of every controller was decided and acknowledged. A kind that is not installed or
   * must not be read counts as settled: `status()` tells. While a cluster, the backend or the lead is away it waits.
   */
  synced(): Promise<void>;
  /**
   * Replaces the controllers of one origin while everything else goes on: who is the same (the same `definition` object
   * with equal settings) keeps its informers, cache and queue; a changed one is replaced, a removed one ends, and the new
   * set is led at once, so that a removed source becomes absent (row 8). Resolves when the new ones run; it waits neither
   * for their first lists nor for the backend. `ManagerOptions.controllers` are of the origin `configuration`. Names are
   * unique over all origins.
   * `namespaces`, when they are others than before, replace every controller.
   * `unknown`: sources of this origin that are not known to be removed though they are missing (`LeadRequest`). Default: none.
   */
  apply(
    controllers: readonly LoadedController[],
    origin?: string,
    namespaces?: readonly string[],
    unknown?: readonly string[],
  ): Promise<void>;
  /** Why the last edit of the configuration is not what runs, for `status`; undefined when it is. */
  refuseEdit(message: string | undefined): void;
  /** Whether this process does its work, or could at once: what it leads is decided, or it stands by with filled caches. */
  readonly ready: boolean;
  leadership(): LeadershipStatus;
  /** Why the server does not take what is sent, or does not answer; undefined: it does. */
  readonly backendFault: string | undefined;
  /** Resolves when everything has ended. */
  stopped(): Promise<void>;
  status(): readonly ControllerStatus[];
  /** What the controllers know of an object: one entry for each that has to do with its kind. */
  explain(object: ObjectReference): readonly ControllerExplanation[];
  /** How it is inside, as of now: for `/debug`. */
  inside(): ManagerInside;
  /** Brings the gauges up to date: call it before the registry is read. */
  measure(): void;
}

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
  /** By origin; and as it is told at a lead. */
  readonly #unknown = new Map<string, readonly string[]>();
  #untold: readonly string[] = [];
  readonly #backend: ReturnType<typeof createBackend>;
  readonly #leaders: Leaders;
  #running: Promise<void> | undefined;
  #isSynced = false;
  #isFilled = false;
  #applied = Promise.resolve();
  #namespaces: readonly string[];
  #refusedEdit: ControllerCondition | undefined;
  #signal: AbortSignal | undefined;

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#metrics = createRuntimeMetrics(options.registry);
    this.#backend = createBackend(options.backend, this.#metrics);
    this.#leaders = options.leaders ?? alwaysLeading();
    this.#namespaces = options.namespaces ?? ['*'];
    this.#set = new ControllerSet({
      ...options,
      namespaces: this.#namespaces,
      clusterScopedNamespace: options.clusterScopedNamespace ?? 'faultline-system',
      metrics: this.#metrics,
      clock: this.#clock,
      random: this.#random,
    });
    this.#origins.set('configuration', options.controllers);
  }

  get backendFault(): string | undefined {
    return this.#backend.fault;
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
      await Promise.all([this.#applied, this.#set.seated]);
      waited = this.#set.sources;
      await Promise.all(this.#set.controllers.map((controller) => controller.settled));
    }
    this.#isSynced = true;
  }

  get ready(): boolean {
    const { role, leaders } = this.#leaders.status();
    return this.#isSynced || (this.#isFilled && role === 'standby' && leaders.length > 0);
  }

  leadership(): LeadershipStatus {
    return this.#leaders.status();
  }

  apply(
    controllers: readonly LoadedController[],
    origin = 'configuration',
    namespaces?: readonly string[],
    unknown: readonly string[] = [],
  ): Promise<void> {
    this.#origins.set(origin, controllers);
    this.#unknown.set(origin, unknown);
    if (namespaces !== undefined) this.#namespaces = namespaces;
    const before = this.#applied;
    this.#applied = (async () => {
      // One at a time, each with what is wanted by then.
      await before;
      if (this.#signal?.aborted === true) return;
      const told = this.#untold;
      const untold = [...this.#unknown.values()].flat();
      // Nothing is absent in between.
      if (!isDeepStrictEqual(told, untold)) this.#untold = [...new Set([...told, ...untold])];
      const hasChanged = await this.#set.apply([...this.#origins.values()].flat(), this.#namespaces);
      if (this.#untold !== told) this.#untold = untold;
      else if (!hasChanged) return;
      for (const seat of this.#set.seats) seat.renew();
    })();
    return this.#applied;
  }

  async stopped(): Promise<void> {
    await this.#running;
  }

  status(): readonly ControllerStatus[] {
    const refused = this.#refusedEdit;
    const statuses = this.#set.status();
    if (refused === undefined) return statuses;
    return statuses.map((status) => ({ ...status, conditions: [...status.conditions, refused] }));
  }

  refuseEdit(message: string | undefined): void {
    const condition = { type: 'ConfigurationStale', status: 'True', reason: 'EditRefused' } as const;
    this.#refusedEdit = message === undefined ? undefined : { ...condition, message };
  }

  explain(object: ObjectReference): readonly ControllerExplanation[] {
    return this.#set.explain(object).map((explanation) => ({ ...explanation, process: this.#process }));
  }

  inside(): ManagerInside {
    const buffered = [...this.#set.seats].reduce((sum, each) => sum + each.buffered, 0);
    return { queues: this.#set.queues(), buffered, informers: this.#set.informers.map((each) => each.inside()) };
  }

  measure(): void {
    this.#set.measure();
    measureCaches(this.#set.informers, this.#metrics);
    this.#metrics.buffered.set([...this.#set.seats].reduce((sum, { buffered }) => sum + buffered, 0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.stopped();
  }

  async #run(signal: AbortSignal): Promise<void> {
    await this.#applied;
    this.#set.start(signal);
    const filled = this.#set.filled().then(() => {
      this.#isFilled = true;
    });
    void this.synced();
    const answering = this.#answerQuestions(signal);
    const leading = this.#leaders.run(signal, (tenure) => this.#lead(tenure), filled);
    try {
      await Promise.race([leading, this.#set.broken]);
    } finally {
      this.#ending.abort();
      await Promise.allSettled([this.#applied, leading, answering]);
      await this.#set.ended();
    }
  }

  get #process(): string {
    return this.#options.process ?? this.#options.name;
  }

  async #answerQuestions(signal: AbortSignal): Promise<void> {
    const { backend, logger } = this.#options;
    const sources = () => this.#set.sources.map(({ name, filter }) => ({ name, namespaces: filter.namespaces }));
    const explain = (object: ObjectReference) => this.explain(object);
    const [process, metrics, clock, random] = [this.#process, this.#metrics, this.#clock, this.#random];
    await answerEverywhere({ backend, metrics, process, sources, explain, logger, clock, random }, signal);
  }

  #lead(tenure: Tenure): Promise<void> {
    const { name: manager, logger, tracer, clusterScopedNamespace = 'faultline-system' } = this.#options;
    const [backend, clock, random] = [this.#backend, this.#clock, this.#random];
    const work = (seat: Seat): Promise<void> => this.#set.sit(seat);
    const sources = () => this.#set.sources;
    const unknown = () => this.#untold;
    const options = { manager, sources, unknown, work, backend, clusterScopedNamespace, logger, tracer, clock, random };
    return new Seat(options, tenure).run();
  }
}
