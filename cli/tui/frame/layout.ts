import { displayWidth } from '../../printers/table.ts';

/** A column that wants to be so wide. */
export interface Wish {
  readonly name: string;
  readonly want: number;
}

const GAP = 1;
/** So wide a column becomes for one long text. */
const MOST: Readonly<Record<string, number>> = { Title: 120, Name: 40, Namespace: 26 };
const MOST_OTHER = 36;
/** Who gives room at first, and down to what; then those after the title go, and then these give more. */
const SHRINK: readonly (readonly [string, number])[] = [
  ['Title', 60],
  ['Name', 30],
  ['Namespace', 20],
];
const SHRINK_MORE: readonly (readonly [string, number])[] = [
  ['Name', 24],
  ['Namespace', 16],
  ['Title', 36],
  ['Name', 14],
  ['Namespace', 10],
  ['Title', 24],
];
/** What people read, and what tells them whether to. */
const FLEXIBLE = 'Title';
const LAST = new Set(['Severity', FLEXIBLE]);

/**
 * The width of each column in so many cells; 0: there is no room for it. What is left over is the title's, else the last one's.
 * `first`: the column that goes before all others.
 */
export function layOut(wishes: readonly Wish[], room: number, first?: string): number[] {
  const widths = wishes.map(({ name, want }) => Math.min(want, MOST[name] ?? MOST_OTHER));
  const flexible = wishes.findIndex(({ name }) => name === FLEXIBLE);
  shrink(widths, wishes, SHRINK, room);
  for (let at = widths.length - 1; at > flexible && flexible >= 0 && over(widths, room) > 0; at--) widths[at] = 0;
  shrink(widths, wishes, SHRINK_MORE, room);
  const least = wishes.findIndex(({ name }) => name === first);
  if (least >= 0 && over(widths, room) > 0) widths[least] = 0;
  for (const keeps of [LAST, new Set([FLEXIBLE])]) {
    for (let at = widths.length - 1; at >= 0 && over(widths, room) > 0; at--) {
      if (!keeps.has(wishes[at]?.name ?? '')) widths[at] = 0;
    }
  }
  const taker = flexible >= 0 ? flexible : widths.findLastIndex((width) => width > 0);
  if (taker >= 0) widths[taker] = Math.max(1, (widths[taker] ?? 0) - over(widths, room));
  return widths;
}

function shrink(
  widths: number[],
  wishes: readonly Wish[],
  steps: readonly (readonly [string, number])[],
  room: number,
): void {
  for (const [name, least] of steps) {
    const at = wishes.findIndex((wish) => wish.name === name);
    const width = widths[at];
    const missing = over(widths, room);
    if (width !== undefined && missing > 0) widths[at] = Math.max(Math.min(width, least), width - missing);
  }
}

/** So many cells too many; below 0: too few. */
function over(widths: readonly number[], room: number): number {
  return widths.reduce((sum, width) => sum + (width === 0 ? 0 : width + GAP), -GAP) - room;
}

/** How wide the cells of a column are, its head included. */
export function widest(head: string, cells: readonly string[]): number {
  return cells.reduce((most, cell) => Math.max(most, displayWidth(cell)), displayWidth(head));
}
