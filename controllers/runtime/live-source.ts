import type { Clock } from './clock.ts';
import type { KubeClient } from './kube-client.ts';
import type { Logger } from './logger.ts';
import type { ObjectSource } from './source.ts';

export interface LiveSourceOptions {
  client: KubeClient;
  logger: Logger;
  clock?: Clock;
  /** In [0, 1): for jitter. */
  random?: () => number;
}

export declare function createLiveSource(options: LiveSourceOptions): ObjectSource;
