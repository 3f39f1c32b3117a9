/**
 * Which namespaces are looked at: globs, where `!` excludes. Without a positive pattern everything that is not excluded
 * counts. Cluster-scoped objects have no namespace and are always inside.
 */
export class NamespaceFilter {
  readonly patterns: readonly string[];
  readonly #included: readonly RegExp[];
  readonly #excluded: readonly RegExp[];

  constructor(patterns: readonly string[]) {
    this.patterns = patterns;
    this.#included = patterns.filter((pattern) => !pattern.startsWith('!')).map(globToRegExp);
    this.#excluded = patterns
      .filter((pattern) => pattern.startsWith('!'))
      .map((pattern) => globToRegExp(pattern.slice(1)));
  }

  matches(namespace: string): boolean {
    if (namespace === '') return true;
    if (this.#excluded.some((pattern) => pattern.test(namespace))) return false;
    return this.#included.length === 0 || this.#included.some((pattern) => pattern.test(namespace));
  }

  /** The namespaces by name when no glob is among the positive patterns: such a list needs Roles only. */
  literal(): readonly string[] | undefined {
    const positive = this.patterns.filter((pattern) => !pattern.startsWith('!'));
    if (positive.length === 0 || positive.some((pattern) => /[*?]/.test(pattern))) return undefined;
    return [...new Set(positive)].filter((namespace) => this.matches(namespace));
  }
}

/**
 * What two filters have in common, as the requests that must be made: `undefined` for one watch over all namespaces,
 * else one watch a namespace.
 */
export function namespacesToWatch(filters: readonly NamespaceFilter[]): readonly string[] | undefined {
  const literals = filters.map((filter) => filter.literal()).filter((list) => list !== undefined);
  const [shortest] = literals.toSorted((a, b) => a.length - b.length);
  return shortest?.filter((namespace) => filters.every((filter) => filter.matches(namespace)));
}

function globToRegExp(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}
