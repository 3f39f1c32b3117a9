import type { Row } from './row.ts';

/** What happened to the rows at once: what is no longer there, or no longer so, and what is there now. */
export interface RowChanges {
  readonly gone: readonly Row[];
  readonly come: readonly Row[];
}

/** Every issue that was told of, by its key. */
export class RowStore {
  readonly #rows = new Map<string, Row>();

  get size(): number {
    return this.#rows.size;
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  all(): IterableIterator<Row> {
    return this.#rows.values();
  }

  keys(): IterableIterator<string> {
    return this.#rows.keys();
  }

  /** In the order in which they came: the last word about a key counts. */
  apply(put: readonly Row[], remove: readonly string[] = []): RowChanges {
    const before = new Map<string, Row | undefined>();
    const remember = (key: string): void => {
      if (!before.has(key)) before.set(key, this.#rows.get(key));
    };
    for (const key of remove) {
      remember(key);
      this.#rows.delete(key);
    }
    for (const row of put) {
      remember(row.key);
      this.#rows.set(row.key, row);
    }
    const gone: Row[] = [];
    const come: Row[] = [];
    for (const [key, was] of before) {
      const is = this.#rows.get(key);
      if (was === is) continue;
      if (was !== undefined) gone.push(was);
      if (is !== undefined) come.push(is);
    }
    return { gone, come };
  }

  clear(): void {
    this.#rows.clear();
  }
}
