import type { CacheEvent } from './change-window.ts';
import type { SortedObjects } from './sorted-objects.ts';

/**
 * The objects as they were before `events` (all changes since then, ascending), in order. Undefined when a version
 * before is not in memory. Makes lists at an exact resourceVersion (L11) and later pages of one list (L9) a snapshot
 * as long as the change window reaches back.
 */
export function rewind(objects: SortedObjects, events: readonly CacheEvent[]): SortedObjects | undefined {
  const past = objects.copy();
  for (const event of events.toReversed()) {
    const { namespace, name } = event.object;
    if (event.type === 'ADDED') past.delete(namespace, name);
    else if (event.previousObject) past.set(event.previousObject);
    else return undefined;
  }
  return past;
}
