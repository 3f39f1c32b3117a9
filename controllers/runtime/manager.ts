import type { Registry } from 'prom-client';
import type { Dispatcher } from 'undici';
import type { Clock } from './clock.ts';
import type { LoadedController } from './loader.ts';
import type { Logger } from './logger.ts';
import type { ObjectSource } from './source.ts';

export interface BackendOptions {
  /** `https://127.0.0.1:7443` */
  url: string;
  /** An undici Agent with the client certificate and the CA. */
  dispatcher?: Dispatcher;
  /** Asked for every request: a bearer token, for example. */
  headers?: () => Promise<Record<string, string>>;
}

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
}

/** The health of one controller, and what it did since the start. */
export interface ControllerStatus {
  readonly name: string;
  readonly use: string;
  readonly conditions: readonly ControllerCondition[];
  readonly counts: ControllerCounts;
}

export interface ControllerCondition {
  readonly type: 'Ready' | 'SubjectConflict' | 'Degraded';
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

export interface ControllerCounts {
  /** Objects in the cache, inside the filter. */
  readonly objects: number;
  /** Objects whose last look was decided; `failing` of them with findings. */
  readonly decided: number;
  readonly failing: number;
  readonly undecided: number;
  /** Undecided for ever (a cancelled run). */
  readonly settledUndecided: number;
  /** Reports sent and acknowledged; refused ones are looked at again. */
  readonly reported: number;
  readonly refused: number;
  /** Observations that threw, timed out or answered nonsense. */
  readonly errors: number;
  /** Not sent: too old, subject gone, superseded in the backlog. */
  readonly skipped: number;
}

export declare function createManager(options: ManagerOptions): Manager;
