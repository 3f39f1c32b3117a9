import type { Clock } from './clock.ts';
import type { LoadedController } from './loader.ts';
import type { Logger } from './logger.ts';
import type { ControllerStatus } from './manager.ts';
import type { ClusterObject } from './object.ts';
import type { Sink } from './sink.ts';

export interface ReplayOptions {
  controllers: readonly LoadedController[];
  objects: Iterable<ClusterObject>;
  sink: Sink;
  namespaces?: readonly string[];
  clusterScopedNamespace?: string;
  logger?: Logger;
  clock?: Clock;
  /** Called as objects are decided. */
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

export interface ReplaySummary {
  readonly controllers: readonly ControllerStatus[];
}

/** Runs the controllers over recorded objects once; resolves when every report was decided by the sink. */
export declare function replay(options: ReplayOptions): Promise<ReplaySummary>;
