import type { KiteRow } from '../../apiserver/store/kite-database.ts';

/** Rows of Kite that are one issue here, merged. Times in µs. */
export interface KiteGroup {
  /** The row that says what the issue is; clients know its id. */
  readonly row: KiteRow;
  /** Of all rows, the one above included. */
  readonly ids: readonly string[];
  readonly isActive: boolean;
  readonly openedAt: number;
  readonly resolvedAt: number | undefined;
  /** When any of them was last written. */
  readonly updatedAt: number;
  readonly links: KiteRow['links'];
}

/** What makes rows one issue: namespace, scope and type. Kite has no key on it, so racing webhooks made many. */
export function sameIssue(a: KiteRow, b: KiteRow): boolean {
  return KEY.every((name) => a[name] === b[name]);
}

const KEY = ['namespace', 'resource_type', 'resource_name', 'resource_namespace', 'issue_type'] as const;

/**
 * The newest Active row decides what the issue says, else the newest of all; while one of them is Active the issue is, since
 * the first of the Active ones was detected.
 */
export function mergeRows(rows: readonly KiteRow[]): KiteGroup {
  const byAge = rows.toSorted((a, b) => a.updated_at - b.updated_at || (a.id < b.id ? -1 : 1));
  const active = byAge.filter(({ state }) => state === 'ACTIVE');
  const row = (active.at(-1) ?? byAge.at(-1)) as KiteRow;
  const openedAt = active.length > 0 ? Math.min(...active.map((each) => each.detected_at)) : row.detected_at;
  const links = new Map(byAge.flatMap((each) => each.links).map((link) => [link.url, link]));
  return {
    row,
    ids: byAge.map(({ id }) => id),
    isActive: active.length > 0,
    openedAt,
    resolvedAt: active.length > 0 ? undefined : (row.resolved_at ?? row.updated_at),
    updatedAt: (byAge.at(-1) as KiteRow).updated_at,
    links: [...links.values()],
  };
}

/** Cuts a stream of rows, in which those of one issue come one after the other, into groups. */
export class Grouping {
  #rows: KiteRow[] = [];

  /** The groups that this page completes. */
  add(page: readonly KiteRow[]): KiteGroup[] {
    const done: KiteGroup[] = [];
    for (const row of page) {
      const [first] = this.#rows;
      if (first && !sameIssue(first, row)) done.push(...this.end());
      this.#rows.push(row);
    }
    return done;
  }

  /** The last group. */
  end(): KiteGroup[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows.length > 0 ? [mergeRows(rows)] : [];
  }
}
