import type { StoredSource } from './store.ts';

/**
 * Whether a namespace is inside a filter such as `['team-*', '!team-x']`: it matches one of the globs (an empty list of
 * them is every namespace) and none of the exclusions. `*` is any text, `?` one character.
 */
export function coversNamespace(namespaces: readonly string[], namespace: string): boolean {
  const [excluded, included] = [
    namespaces.filter((glob) => glob.startsWith('!')),
    namespaces.filter((glob) => !glob.startsWith('!')),
  ];
  if (excluded.some((glob) => globMatches(glob.slice(1), namespace))) return false;
  return included.length === 0 || included.some((glob) => globMatches(glob, namespace));
}

/** True when no namespace can be outside the filter, so that nothing has to be looked up. */
export function coversEverything(namespaces: readonly string[]): boolean {
  return namespaces.every((glob) => !glob.startsWith('!')) && (namespaces.length === 0 || namespaces.includes('*'));
}

/**
 * The epochs whose looks count, of all shards of a source. Whoever was left out is over as soon as somebody else is there:
 * so it is with a number of shards that is no longer in use.
 */
export function currentEpochs(shards: readonly StoredSource[]): number[] {
  const present = shards.filter(({ absentSince }) => absentSince === undefined);
  return (present.length > 0 ? present : shards).map(({ epoch }) => epoch);
}

/** What of one source its managers still register; all shards together. */
export interface Coverage {
  readonly source: string;
  /** µs; set when no manager registers the source any more. */
  readonly absentSince?: number;
  /** Filters of those who do. */
  readonly filters: readonly (readonly string[])[];
  /** What was not looked at since this epoch is not selected by their labels. */
  readonly selectorSince?: number;
}

/**
 * By source. A source that was never registered (Kite, CI) is not in here and never absent. A shard covers what all of its
 * source do: that nobody has led another one yet is silence, and silence is never absence.
 */
export function coverageOf(sources: readonly StoredSource[]): Coverage[] {
  const byName = Map.groupBy(sources, ({ name }) => name);
  return Array.from(byName, ([source, shards]) => {
    const present = shards.filter(({ absentSince }) => absentSince === undefined);
    const filters = present.map(({ filter }) => filter.namespaces);
    const since = present.map((shard) => selectorSince(shard));
    if (present.length > 0) {
      const known = since.every((epoch) => epoch !== undefined);
      return { source, filters, ...(known && { selectorSince: Math.min(...(since as number[])) }) };
    }
    return { source, filters, absentSince: Math.max(...shards.map(({ absentSince }) => absentSince ?? 0)) };
  });
}

/**
 * The epoch since which another label selector than before selects the objects. Class `state` only: all that it selects is
 * looked at in every epoch, while of finished runs the older ones and the pruned ones never are again.
 */
export function selectorSince({ class: order, filter }: Pick<StoredSource, 'class' | 'filter'>): number | undefined {
  return order === 'state' ? filter.selectorSince : undefined;
}

function globMatches(glob: string, text: string): boolean {
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`).test(text);
}
