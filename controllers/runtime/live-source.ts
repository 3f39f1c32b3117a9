import type { Registry } from 'prom-client';
import type { Clock } from './clock.ts';
import type { KubeClient } from './kube-client.ts';
import { liveLogs } from './live-logs.ts';
import type { Logger } from './logger.ts';
import { createRuntimeMetrics } from './metrics.ts';
import { createReflector } from './reflector.ts';
import type { ObjectSource } from './source.ts';

export interface LiveSourceOptions {
  client: KubeClient;
  logger: Logger;
  clock?: Clock;
  /** In [0, 1): for jitter. */
  random?: () => number;
  /** For `faultline_malformed_objects_total`. */
  registry?: Registry;
  /** How often everything is listed again to check the watch, ms: see `ReflectorOptions`. */
  relistPeriodMs?: number | undefined;
}

/** A live cluster as a source: one reflector a request. */
export function createLiveSource(options: LiveSourceOptions): ObjectSource {
  const { malformed } = createRuntimeMetrics(options.registry);
  const onMalformed = (kind: string): void => malformed.inc({ kind });
  return {
    live: true,
    watch: (request, signal) => createReflector({ ...options, onMalformed }, request).watch(signal),
    logs: (request, signal) => liveLogs(options.client, request, signal),
  };
}
