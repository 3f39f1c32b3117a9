import { SEVERITIES } from '../../../crds/issue-words.ts';
import { byText, COMPARE, type Compare, type Sort } from './order.ts';
import type { Row } from './row.ts';
import type { RowChanges } from './row-store.ts';
import { SortedRows } from './sorted-rows.ts';
import { type Counts, noCounts, worst } from './tally.ts';

export const GROUPINGS = ['none', 'namespace', 'application', 'group', 'severity'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** What is shown of the rows, and how. */
export interface How {
  readonly grouping: Grouping;
  readonly sort: Sort;
  keeps(row: Row): boolean;
  /** Labels of groups whose rows are hidden. */
  readonly collapsed: ReadonlySet<string>;
}

export interface Group {
  readonly label: string;
  readonly rows: SortedRows;
  readonly counts: Counts;
}

/** A line of the list: the head of a group, or an issue. */
export type Line =
  | { readonly kind: 'group'; readonly key: string; readonly group: Group; readonly collapsed: boolean }
  | { readonly kind: 'row'; readonly key: string; readonly row: Row };

/** No key of an issue begins so. */
const GROUP_KEY = '\u0000';

export function groupKey(label: string): string {
  return `${GROUP_KEY}${label}`;
}

/**
 * The rows that are kept, in groups, as lines of which a few are looked at. Groups and their rows are kept sorted as rows
 * come and go: a change costs the search of its place and no look at the others.
 */
export class Listing {
  readonly how: How;
  readonly #compare: Compare;
  readonly #groups = new Map<string, Group>();
  #order: readonly Group[] = [];
  /** Of each group in order, the number of its first line; and at the end that of all lines. */
  #offsets: readonly number[] = [0];
  #dirty = false;
  #size = 0;

  constructor(how: How, sorted: Iterable<Row>) {
    this.how = how;
    this.#compare = COMPARE[how.sort];
    for (const row of sorted) if (how.keeps(row)) this.#putInto(this.#labelOf(row), [row]);
    this.#dirty = true;
  }

  /** How many issues there are, in collapsed groups too. */
  get size(): number {
    return this.#size;
  }

  /** How many lines there are. */
  get count(): number {
    this.#arrange();
    return this.#offsets.at(-1) ?? 0;
  }

  get groups(): readonly Group[] {
    this.#arrange();
    return this.#order;
  }

  get counts(): Counts {
    const sum = noCounts();
    for (const { counts } of this.#groups.values()) {
      counts.forEach((count, severity) => {
        sum[severity] = (sum[severity] ?? 0) + count;
      });
    }
    return sum;
  }

  /** What changed in the rows; answers whether anything of it is in this list. */
  apply({ gone, come }: RowChanges): boolean {
    const { keeps } = this.how;
    const out = byGroup(gone, (row) => this.#groups.has(this.#labelOf(row)), this.#labelOf);
    const into = byGroup(come, keeps, this.#labelOf);
    for (const [label, rows] of out) this.#takeOut(label, rows);
    for (const [label, rows] of into) this.#putInto(label, rows);
    this.#dirty ||= out.size > 0 || into.size > 0;
    return out.size > 0 || into.size > 0;
  }

  lineAt(index: number): Line | undefined {
    this.#arrange();
    if (index < 0 || index >= this.count) return undefined;
    const at = this.#groupAt(index);
    const group = this.#order[at] as Group;
    const inside = index - (this.#offsets[at] ?? 0);
    if (this.#isFlat) return rowLine(group.rows.at(inside) as Row);
    if (inside > 0) return rowLine(group.rows.at(inside - 1) as Row);
    const collapsed = this.how.collapsed.has(group.label);
    return { kind: 'group', key: groupKey(group.label), group, collapsed };
  }

  /** The number of the line with this key; -1 when there is none. `row`: as it is now, where it is known. */
  indexOf(key: string, row: Row | undefined): number {
    this.#arrange();
    const label = key.startsWith(GROUP_KEY) ? key.slice(1) : row === undefined ? undefined : this.#labelOf(row);
    if (label === undefined) return -1;
    const at = this.#order.findIndex((group) => group.label === label);
    const group = this.#order[at];
    if (group === undefined) return -1;
    const offset = this.#offsets[at] ?? 0;
    if (row === undefined) return this.#isFlat ? -1 : offset;
    if (this.how.collapsed.has(label) && !this.#isFlat) return -1;
    const inside = row.key === key ? group.rows.indexOf(row) : -1;
    return inside < 0 ? -1 : offset + inside + (this.#isFlat ? 0 : 1);
  }

  /** The rows of a group, or of all. */
  rowsOf(label?: string): readonly Row[] {
    if (label !== undefined) return [...(this.#groups.get(label)?.rows ?? [])];
    return this.groups.flatMap(({ rows }) => [...rows]);
  }

  readonly #labelOf = (row: Row): string => labelOf(row, this.how.grouping);

  get #isFlat(): boolean {
    return this.how.grouping === 'none';
  }

  #takeOut(label: string, rows: readonly Row[]): void {
    const group = this.#groups.get(label);
    if (group === undefined) return;
    for (const row of rows) {
      if (!group.rows.remove(row)) continue;
      count(group, row, -1);
      this.#size--;
    }
    if (group.rows.length === 0) this.#groups.delete(label);
  }

  #putInto(label: string, rows: readonly Row[]): void {
    const group = this.#groupOf(label);
    for (const row of rows) {
      group.rows.add(row);
      count(group, row, 1);
    }
    this.#size += rows.length;
  }

  #groupOf(label: string): Group {
    let group = this.#groups.get(label);
    if (group === undefined) {
      group = { label, rows: new SortedRows(this.#compare), counts: noCounts() };
      this.#groups.set(label, group);
    }
    return group;
  }

  #groupAt(index: number): number {
    let low = 0;
    let high = this.#order.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#offsets[middle] ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #arrange(): void {
    if (!this.#dirty) return;
    this.#dirty = false;
    this.#order = [...this.#groups.values()].sort(compareGroups);
    const offsets = [0];
    for (const { label, rows } of this.#order) {
      const shown = this.#isFlat ? rows.length : 1 + (this.how.collapsed.has(label) ? 0 : rows.length);
      offsets.push((offsets.at(-1) ?? 0) + shown);
    }
    this.#offsets = offsets;
  }
}

function rowLine(row: Row): Line {
  return { kind: 'row', key: row.key, row };
}

function count({ counts }: Group, row: Row, by: number): void {
  if (row.active) counts[row.severity] = (counts[row.severity] ?? 0) + by;
}

/** The worst first: who opens a list in the morning looks at its top. */
function compareGroups(a: Group, b: Group): number {
  return worst(a.counts) - worst(b.counts) || byText(a.label, b.label);
}

export function labelOf(row: Row, grouping: Grouping): string {
  switch (grouping) {
    case 'none':
      return '';
    case 'namespace':
      return row.namespace;
    case 'application':
      return row.application || '(no application)';
    case 'group':
      return row.group || '(no group)';
    case 'severity':
      return SEVERITIES[row.severity] ?? '(unknown severity)';
    default:
      return grouping satisfies never;
  }
}

function byGroup(
  rows: readonly Row[],
  keeps: (row: Row) => boolean,
  labelOf: (row: Row) => string,
): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    if (!keeps(row)) continue;
    const label = labelOf(row);
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [row]);
    else group.push(row);
  }
  return groups;
}
