import type { Tracer } from '../../tracing/tracer.ts';
import type { Clock } from './clock.ts';
import type { Informer } from './informer.ts';
import type { LoadedController } from './loader.ts';
import type { Logger } from './logger.ts';
import type { LogReader } from './logs.ts';
import type { RuntimeMetrics } from './metrics.ts';
import type { RelatedKind } from './related.ts';
import type { Sink } from './sink.ts';

export interface ControllerOptions {
  controller: LoadedController;
  primary: Informer;
  /** The declared reads. */
  reads: readonly RelatedKind[];
  sink: Sink;
  /** Of sharding: whether objects of this namespace (empty: of none) are looked at here. Default: all are. */
  covers?: (namespace: string) => boolean;
  /** What is listed may be older than this process leads: before a sync the kind is listed once more. Default false. */
  relists?: boolean;
  /** Of a live source failing runs of a first list that are older than `maxAge` open nothing. */
  live: boolean;
  clusterScopedNamespace: string;
  /** The manager's. */
  namespaces: readonly string[];
  logs: LogReader;
  logger: Logger;
  metrics: RuntimeMetrics;
  /** Default: nothing is traced. */
  tracer?: Tracer | undefined;
  clock?: Clock;
  random?: () => number;
  /** How long one observation may take. Default 10 s. */
  observationTimeoutMs?: number;
}
