import type { Informer } from './informer.ts';
import type { RuntimeMetrics } from './metrics.ts';
import type { CacheStatus } from './status.ts';

/** What the caches of these informers take, one entry a kind. */
export function cachesOf(informers: readonly Informer[]): CacheStatus[] {
  const byKind = Map.groupBy(new Set(informers), ({ kind }) => kind);
  return [...byKind].map(([kind, same]) => ({
    kind,
    objects: same.reduce((sum, { cache }) => sum + cache.size, 0),
    bytes: same.reduce((sum, { cache }) => sum + cache.bytes, 0),
  }));
}

/** Brings `faultline_cache_objects` and `faultline_cache_bytes` up to date. */
export function measureCaches(informers: readonly Informer[], { cacheObjects, cacheBytes }: RuntimeMetrics): void {
  for (const { kind, objects, bytes } of cachesOf(informers)) {
    cacheObjects.set({ kind }, objects);
    cacheBytes.set({ kind }, bytes);
  }
}
