import type { Clock } from './clock.ts';
import type { RuntimeMetrics } from './metrics.ts';
import { namespaceOf } from './object.ts';
import { WorkQueue } from './queue.ts';

/** The queue of one controller: namespaces take turns, and client-go's workqueue metrics say how it does. */
export function measuredQueue(name: string, clock: Clock, metrics: RuntimeMetrics): WorkQueue {
  const { queueAdds, queueRetries, queueSeconds, workSeconds } = metrics;
  return new WorkQueue({
    clock,
    lane: namespaceOf,
    observer: {
      added: () => queueAdds.inc({ name }),
      retried: () => queueRetries.inc({ name }),
      taken: (ms) => queueSeconds.observe({ name }, ms / 1_000),
      finished: (ms) => workSeconds.observe({ name }, ms / 1_000),
    },
  });
}
