import type { SourceFilter } from '../../crds/report.ts';
import type { LedSource } from './lead.ts';
import type { LoadedController } from './loader.ts';
import { NamespaceFilter } from './namespaces.ts';
import type { ClusterObject } from './object.ts';

/**
 * What a manager covers is the intersection of two lists of globs. It is sent as one list: exact when one of the two
 * is everything or names its namespaces; else a sync names the namespaces that were seen, which may be too few (then
 * something stays stored) but never too many (which would resolve what nobody looked for).
 */
export function ledSource(controller: LoadedController, namespaces: readonly string[]): LedSource {
  const { labelSelector } = controller;
  const patterns = intersection(controller.namespaces, namespaces);
  const exact = patterns !== undefined;
  const excluded = namespaces.filter((pattern) => pattern.startsWith('!'));
  const filter: SourceFilter = {
    namespaces: [...(patterns ?? [...controller.namespaces, ...excluded])],
    labelSelector,
  };
  const seen = (listed: readonly ClusterObject[]): string[] => [
    ...new Set(listed.map(({ metadata }) => metadata.namespace ?? '')),
  ];
  return {
    name: controller.name,
    class: controller.definition.order,
    filter,
    syncFilter: (listed) => (exact ? filter : { namespaces: seen(listed), labelSelector }),
  };
}

function intersection(a: readonly string[], b: readonly string[]): readonly string[] | undefined {
  const isExcluding = (pattern: string): boolean => pattern.startsWith('!');
  const coversAll = (patterns: readonly string[]): boolean => {
    const positive = patterns.filter((pattern) => !isExcluding(pattern));
    return positive.length === 0 || positive.includes('*');
  };
  if (coversAll(a)) return [...b, ...a.filter(isExcluding)];
  if (coversAll(b)) return [...a, ...b.filter(isExcluding)];
  const filters = [new NamespaceFilter(a), new NamespaceFilter(b)];
  const literal = filters.map((filter) => filter.literal()).find((list) => list !== undefined);
  return literal?.filter((namespace) => filters.every((filter) => filter.matches(namespace)));
}
