import type { Registry } from 'prom-client';
import type { Tracer } from '../../tracing/tracer.ts';
import type { Controller } from '../runtime/controller.ts';
import { buildControllers } from '../runtime/informers.ts';
import type { ActiveSubject, Leadership } from '../runtime/lead.ts';
import type { LoadedController } from '../runtime/loader.ts';
import { type Logger, silentLogger } from '../runtime/logger.ts';
import { createRuntimeMetrics } from '../runtime/metrics.ts';
import type { ClusterObject } from '../runtime/object.ts';
import type { ControllerDefinition } from '../runtime/plugin.ts';
import type { ObjectSource } from '../runtime/source.ts';
import { ManualClock, settle } from './manual-clock.ts';
import { MemorySink } from './memory-sink.ts';
import { MemorySource } from './memory-source.ts';

export interface World extends AsyncDisposable {
  readonly source: MemorySource;
  readonly sink: MemorySink;
  readonly clock: ManualClock;
  readonly controller: Controller;
  /** What was listed in each sync. */
  readonly syncs: ClusterObject[][];
  /** What the engine believes to be broken. */
  readonly active: ActiveSubject[];
  settle(): Promise<void>;
}

export interface WorldOptions {
  objects?: readonly ClusterObject[];
  live?: boolean;
  namespaces?: readonly string[];
  settings?: Partial<LoadedController>;
  logger?: Logger;
  registry?: Registry;
  tracer?: Tracer;
  /** Where the controller watches instead of `World.source`. */
  through?: ObjectSource;
  /** Default: one that begins at 2026-11-21T08:00:00Z. */
  clock?: ManualClock;
  /** Before anything runs. */
  prepare?: (source: MemorySource) => void;
}

/** One controller over a cluster and a backend in memory, with a clock that a test advances. */
export function createWorld(definition: ControllerDefinition, options: WorldOptions = {}): World {
  const { objects = [], live = true, settings = {} } = options;
  const source = new MemorySource(objects, { live });
  options.prepare?.(source);
  const sink = new MemorySink();
  const clock = options.clock ?? new ManualClock();
  const syncs: ClusterObject[][] = [];
  const active: ActiveSubject[] = [];
  const stop = new AbortController();
  const loaded: LoadedController = {
    name: 'test',
    use: './test.ts',
    definition,
    options: {},
    namespaces: ['*'],
    labelSelector: '',
    concurrency: 2,
    maxAgeMs: 30 * 86_400_000,
    ...settings,
  };
  const built = buildControllers({
    controllers: [loaded],
    source: options.through ?? source,
    namespaces: options.namespaces ?? ['*'],
    clusterScopedNamespace: 'faultline-system',
    sink,
    logger: options.logger ?? silentLogger,
    metrics: createRuntimeMetrics(options.registry),
    tracer: options.tracer,
    clock,
    random: () => 1,
  });
  const [controller] = built.controllers as [Controller];
  const lead = (epoch: number): Leadership => {
    const { promise: next, resolve } = Promise.withResolvers<Leadership>();
    return {
      epoch,
      signal: stop.signal,
      fenced: () => resolve(lead(epoch + 1)),
      next,
      sync: async (listed) => {
        syncs.push([...listed]);
        return true;
      },
      activeSubjects: async () => active,
    };
  };
  const running = [
    ...built.informers.map((informer) => informer.run(stop.signal)),
    controller.run(stop.signal, async () => lead(7)),
  ];
  return {
    source,
    sink,
    clock,
    controller,
    syncs,
    active,
    settle: () => settle(20),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(running);
    },
  };
}
