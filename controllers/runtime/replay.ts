import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { buildControllers } from './informers.ts';
import type { Leadership } from './lead.ts';
import type { LoadedController } from './loader.ts';
import { type Logger, silentLogger } from './logger.ts';
import { createRuntimeMetrics } from './metrics.ts';
import type { ClusterObject } from './object.ts';
import { createRecordedSource } from './recorded-source.ts';
import type { Sink } from './sink.ts';
import type { ControllerStatus } from './status.ts';

export interface ReplayOptions {
  controllers: readonly LoadedController[];
  objects: Iterable<ClusterObject>;
  sink: Sink;
  namespaces?: readonly string[];
  clusterScopedNamespace?: string;
  logger?: Logger;
  clock?: Clock;
  /** Called as objects are decided: how many of how many. */
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

export interface ReplaySummary {
  readonly controllers: readonly ControllerStatus[];
}

/** How often progress is told. */
const PROGRESS_MS = 100;

/**
 * Runs the controllers over recorded objects once, through the same loop as in a cluster; resolves when every report
 * was decided by the sink. Nothing is too old, and what is not recorded is not gone.
 */
export async function replay(options: ReplayOptions): Promise<ReplaySummary> {
  const { sink, logger = silentLogger, clock = systemClock } = options;
  options.signal?.throwIfAborted();
  const { controllers, informers } = buildControllers({
    controllers: options.controllers,
    source: createRecordedSource(options.objects),
    namespaces: options.namespaces ?? ['*'],
    clusterScopedNamespace: options.clusterScopedNamespace ?? 'faultline-system',
    sink,
    logger,
    metrics: createRuntimeMetrics(),
    clock,
    random: Math.random,
  });
  const ended = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, ended.signal]) : ended.signal;
  const leadership: Leadership = {
    epoch: 1,
    signal,
    // Nobody else leads what only this process sees.
    fenced: () => {},
    next: new Promise(() => {}),
    sync: async () => true,
    activeSubjects: async () => [],
  };
  const running = [
    ...informers.map((informer) => informer.run(signal)),
    ...controllers.map((controller) => controller.run(signal, async () => leadership)),
  ];
  const tell = (): void => options.onProgress?.(...progressOf(controllers.map((controller) => controller.status())));
  let cancel = clock.after(PROGRESS_MS, function again() {
    tell();
    cancel = clock.after(PROGRESS_MS, again);
  });
  try {
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    await Promise.race([Promise.all(controllers.map((controller) => controller.settled)), aborted]);
    options.signal?.throwIfAborted();
    tell();
    return { controllers: controllers.map((controller) => controller.status()) };
  } finally {
    cancel();
    ended.abort();
    await Promise.all(running);
  }
}

function progressOf(statuses: readonly ControllerStatus[]): [done: number, total: number] {
  const done = statuses.map(
    ({ counts }) => counts.decided + counts.undecided + counts.settledUndecided + counts.failed,
  );
  const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);
  return [sum(done), sum(statuses.map(({ counts }) => counts.objects))];
}
