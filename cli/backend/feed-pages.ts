import type { KubeApi } from '../../apiserver/kube/index.ts';

/** `/debug/feeds`: how far the feed of each resource is. */
export function feedPages(kube: Pick<KubeApi, 'cache'>, plurals: readonly string[]): Record<string, object> {
  return Object.fromEntries(
    plurals.map((plural) => {
      const cache = kube.cache(plural);
      if (!cache?.synced) return [plural, { synced: false }];
      const { size, resourceVersion, floor, windowStart, epoch } = cache;
      return [plural, { synced: true, objects: size, resourceVersion, floor, windowStart, epoch }];
    }),
  );
}
