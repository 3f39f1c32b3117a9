import { WELL_KNOWN_TYPES } from '../../crds/issue-words.ts';
import type { ColumnDefinition, Row as TableRow } from '../reading/issues.ts';
import { adviceOn } from './filter/advice.ts';
import type { Filter } from './filter/ast.ts';
import { compile, isTimed, type Predicate } from './filter/match.ts';
import { parseFilter } from './filter/parse.ts';
import { type How, Listing } from './rows/listing.ts';
import { COMPARE, type Sort } from './rows/order.ts';
import { type Row, RowMaker } from './rows/row.ts';
import { type RowChanges, RowStore } from './rows/row-store.ts';
import { SortedRows } from './rows/sorted-rows.ts';
import { type Counts, noCounts, Tally } from './rows/tally.ts';
import type { Lines } from './state/cursor.ts';
import type { IssuesView, Options } from './state/state.ts';

/** Whether an issue is one of those that are asked about. */
export type Among = (row: Row) => boolean;

/** So long a list whose filter knows of time stays as it is. */
const TIMED_MS = 10_000;

/**
 * Issues, and the list of them that is looked at: kept in order as changes come, made anew only when another list is asked
 * for. One model is of now, others are of moments that are over.
 */
export class Model {
  readonly store = new RowStore();
  readonly byNamespace = new Tally(({ namespace }) => namespace);
  readonly bySource = new Tally(({ source }) => source);
  readonly #byType = new Tally(({ type }) => type);
  columns: readonly ColumnDefinition[] = [];
  readonly #maker = new RowMaker();
  #sort: Sort = 'severity';
  #sorted = new SortedRows(COMPARE.severity);
  #listing:
    | {
        readonly of: string;
        readonly collapsed: ReadonlySet<string>;
        readonly among: Among | undefined;
        readonly listing: Listing;
        readonly at: number;
      }
    | undefined;
  #filter: { readonly text: string; readonly filter: Filter; readonly test: Predicate; readonly timed: boolean } = {
    text: '',
    filter: [],
    test: () => true,
    timed: false,
  };
  /** What is wrong with the filter that was asked for last. */
  fault: string | undefined;

  /** Answers what changed. */
  apply(put: readonly TableRow[], remove: readonly string[]): RowChanges {
    const changes = this.store.apply(
      put.map((row) => this.#maker.make(row)),
      remove,
    );
    this.byNamespace.apply(changes);
    this.bySource.apply(changes);
    this.#byType.apply(changes);
    for (const row of changes.gone) this.#sorted.remove(row);
    for (const row of changes.come) this.#sorted.add(row);
    this.#listing?.listing.apply(changes);
    return changes;
  }

  /** What was not told again is gone. */
  keepOnly(keys: ReadonlySet<string>): RowChanges {
    return this.apply(
      [],
      [...this.store.keys()].filter((key) => !keys.has(key)),
    );
  }

  /** The list of a view. `now`: ms since 1970; `among`: which of the rows may be in it, another function for others. */
  listing(view: IssuesView, options: Options, now: number, among?: Among): Listing {
    this.#parse(view.filter);
    const { all, sort } = options;
    const { namespace, grouping, collapsed, asOf } = view;
    const of = JSON.stringify([namespace, this.#filter.text, grouping, all, sort, asOf]);
    const last = this.#listing;
    const isOld = this.#filter.timed && asOf === undefined && now - (last?.at ?? 0) > TIMED_MS;
    if (last !== undefined && last.of === of && last.collapsed === collapsed && last.among === among && !isOld) {
      return last.listing;
    }
    this.#order(sort);
    const { test } = this.#filter;
    const at = asOf ?? now;
    const keeps = (row: Row): boolean =>
      (all || row.active) &&
      (namespace === undefined || row.namespace === namespace) &&
      (among === undefined || among(row)) &&
      test(row, at);
    const how: How = { grouping, sort, collapsed, keeps };
    const listing = new Listing(how, this.#sorted);
    this.#listing = { of, collapsed, among, listing, at: now };
    return listing;
  }

  /** What was probably meant, where the filter that was asked for last keeps nothing. */
  get advice(): string | undefined {
    if (this.#listing === undefined || this.#listing.listing.size > 0) return undefined;
    return adviceOn(this.#filter.filter, {
      type: [...new Set([...WELL_KNOWN_TYPES, ...this.#byType.counts.keys()])],
      source: [...this.bySource.counts.keys()],
      namespace: [...this.byNamespace.counts.keys()],
    });
  }

  /** Active issues of a namespace, or of all. */
  counts(namespace: string | undefined): Counts {
    if (namespace !== undefined) return this.byNamespace.counts.get(namespace) ?? noCounts();
    const sum = noCounts();
    for (const counts of this.byNamespace.counts.values()) {
      for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] ?? 0) + (counts[at] ?? 0);
    }
    return sum;
  }

  /** While a filter is typed it is often none for a moment: the last one that was one stays. */
  #parse(text: string): void {
    if (text === this.#filter.text && this.fault === undefined) return;
    const { filter, fault } = parseFilter(text);
    this.fault = fault;
    if (filter !== undefined) this.#filter = { text, filter, test: compile(filter), timed: isTimed(filter) };
  }

  #order(sort: Sort): void {
    if (sort === this.#sort) return;
    this.#sort = sort;
    const rows = [...this.#sorted].sort(COMPARE[sort]);
    this.#sorted = new SortedRows(COMPARE[sort]);
    for (const row of rows) this.#sorted.add(row);
  }
}

/** The lines of a list of issues, as a cursor moves over them. */
export function linesOf(listing: Listing, { store }: Pick<Model, 'store'>): Lines {
  return {
    count: listing.count,
    keyAt: (index) => listing.lineAt(index)?.key,
    indexOf: (key) => listing.indexOf(key, store.get(key)),
  };
}
