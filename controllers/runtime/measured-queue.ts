import type { Clock } from './clock.ts';
import type { Looks } from './looks.ts';
import type { RuntimeMetrics } from './metrics.ts';
import { namespaceOf } from './object.ts';
import { WorkQueue } from './queue.ts';

/** The queue of one controller: namespaces take turns, and client-go's workqueue metrics say how it does. */
export function measuredQueue(name: string, clock: Clock, metrics: RuntimeMetrics, looks: Looks): WorkQueue {
  const { queueAdds, queueRetries, queueSeconds, workSeconds } = metrics;
  return new WorkQueue({
    clock,
    lane: namespaceOf,
    observer: {
      added: () => queueAdds.inc({ name }),
      retried: () => queueRetries.inc({ name }),
      taken: (ms, key) => {
        queueSeconds.observe({ name }, ms / 1_000);
        looks.taken(key, ms);
      },
      finished: (ms) => workSeconds.observe({ name }, ms / 1_000),
    },
  });
}
