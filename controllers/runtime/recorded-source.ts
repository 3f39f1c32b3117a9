import { parseFieldSelector } from './field-selector.ts';
import { parseLabelSelector } from './label-selector.ts';
import { type ClusterObject, kindId } from './object.ts';
import type { ObjectSource } from './source.ts';

/** Objects that were recorded, as a cluster in which nothing happens any more. */
export function createRecordedSource(objects: Iterable<ClusterObject>): ObjectSource {
  const byKind = new Map<string, ClusterObject[]>();
  for (const object of objects) {
    const id = kindId(object.apiVersion, object.kind);
    const list = byKind.get(id);
    if (list === undefined) byKind.set(id, [object]);
    else list.push(object);
  }
  return {
    live: false,
    async *watch({ apiVersions, kind, namespace, labelSelector, fieldSelector }, signal) {
      const labels = labelSelector ? parseLabelSelector(labelSelector) : () => true;
      const fields = fieldSelector ? parseFieldSelector(fieldSelector) : () => true;
      const all = byKind.get(kindId(apiVersions[0] ?? '', kind)) ?? [];
      const inside = all.filter(
        ({ metadata }) =>
          namespace === undefined || metadata.namespace === undefined || metadata.namespace === namespace,
      );
      yield { type: 'listing' };
      yield {
        type: 'listed',
        objects: inside.filter((object) => labels(object.metadata.labels ?? {}) && fields(object)),
      };
      yield { type: 'synced' };
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
  };
}
