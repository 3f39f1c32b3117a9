import { displayWidth, formatTable, type TextTable } from './table.ts';
import { cut, cutMiddle } from './width.ts';

/** How a table fits a terminal: which columns have room, and how much of it. */

export interface Fit {
  /** Cells of the terminal of each column; 0: there is no room for it. */
  readonly widths: readonly number[];
  readonly gap: number;
}

/** Cells between columns: as kubectl has it, and where there is not enough room. */
const GAP = 3;
const ALL = Number.POSITIVE_INFINITY;
/** With its gap a column of kubectl has 6 at least. */
const LEAST = 3;
const NARROW_GAP = 2;

/**
 * Who takes room first, and up to what: what names an issue and what it says, then how bad it is and since when, then names
 * as a whole, because they are copied. Columns that are not here follow in their order, and what is left is the title's.
 */
const CLAIMS: readonly (readonly [column: string, upTo: number])[] = [
  ['name', 24], ['group', 24], ['subject', 24], ['component', 24], ['application', 24], ['title', 20], ['severity', ALL],
  ['open', ALL], ['opened', ALL], ['critical', ALL], ['major', ALL], ['minor', ALL], ['info', ALL], ['mean time', ALL],
  ['namespace', 12], ['since', ALL], ['resolved', ALL], ['namespace', ALL], ['name', ALL], ['group', ALL], ['title', 40],
  ['type', ALL], ['state', ALL], ['subject', 36],
]; // biome-ignore format: a table
/** What comes before it says what the line is about. */
const FIRST = CLAIMS.findIndex(([name]) => name === 'severity') + 1;

/** What is of no use when it is cut goes as a whole. */
const CUT = new Set(['name', 'group', 'title', 'namespace', 'subject', 'component', 'application']);

/**
 * Widths of columns that want to be so wide, in a line of `room` cells. `first`: columns that are as telling as the
 * severity here, or were asked for. What fits as kubectl prints it stays so; on the narrowest terminal the name and the title stay. Pure.
 */
export function fitColumns(
  names: readonly string[],
  wants: readonly number[],
  room: number,
  first: readonly string[] = [],
): Fit {
  const whole = wants.map((want, at) => (at < wants.length - 1 ? Math.max(want, LEAST) : want));
  if (total(whole, GAP) <= room) return { widths: whole, gap: GAP };
  const known = names.map((name) => name.toLowerCase());
  const widths = known.map(() => 0);
  const claims = [
    // A subject names the line only where nothing else does.
    ...CLAIMS.slice(0, FIRST).filter(([name]) => name !== 'subject' || !known.includes('name')),
    ...first.map((name) => [name.toLowerCase(), ALL] as const),
    ...CLAIMS.slice(FIRST),
    ...known.filter((name) => name !== 'title').map((name) => [name, ALL] as const),
    ['title', ALL] as const,
  ];
  for (const [name, upTo] of claims) {
    const at = known.indexOf(name);
    if (at < 0) continue;
    const width = widths[at] ?? 0;
    const left = room - total(widths, NARROW_GAP) - (width > 0 || widths.every((each) => each === 0) ? 0 : NARROW_GAP);
    const wanted = Math.min(wants[at] ?? 0, upTo);
    // One that is there already takes what there is.
    if (wanted - width <= left) widths[at] = Math.max(width, wanted);
    else if ((CUT.has(name) || name.startsWith('label ')) && (width > 0 || left >= MIN)) widths[at] = width + left;
  }
  return { widths, gap: NARROW_GAP };
}

/** So many cells of a text are the least that say something. */
const MIN = 8;

function total(widths: readonly number[], gap: number): number {
  const shown = widths.filter((width) => width > 0);
  return shown.reduce((sum, width) => sum + width, gap * Math.max(0, shown.length - 1));
}

/**
 * For lines that follow others: columns stay where they are. Those that all have room grow, the last one takes what is
 * left, and a terminal that became too narrow for them is fitted again. Pure.
 */
export function fitNext(before: Fit, next: Fit, room: number): Fit {
  const { widths, gap } = before;
  if (next.gap === GAP || total(widths, gap) > room) return next;
  if (gap !== GAP) return before;
  const last = widths.length - 1;
  return { gap, widths: widths.map((width, at) => (at === last ? width + room - total(widths, gap) : width)) };
}

/** A cell in at most so many cells of the terminal: names keep their ends, which is what tells them apart. */
function cutCell(column: string, text: string, width: number): string {
  return /^(name|group)$/i.test(column) && /^[\x20-\x7e]*$/.test(text) ? cutMiddle(text, width) : cut(text, width);
}

/** One line of those columns that have room. `painted`: the cell as it is written, for one that has a colour. */
export function fittedLine(
  columns: readonly string[],
  cells: readonly string[],
  { widths, gap }: Fit,
  painted: (index: number, text: string) => string = (_, text) => text,
): string {
  // Ten thousand lines are printed in a blink: nothing is made for one but its text.
  let line = '';
  let before = 0;
  for (let index = 0; index < cells.length; index++) {
    const width = widths[index] ?? 0;
    if (width === 0) continue;
    const cell = cells[index] ?? '';
    const wide = displayWidth(cell);
    const text = wide <= width ? cell : cutCell(columns[index] ?? '', cell, width);
    // The last one is not filled up.
    line += ' '.repeat(before) + painted(index, text);
    before = Math.max(0, width - (text === cell ? wide : displayWidth(text))) + gap;
  }
  return `${line.trimEnd()}\n`;
}

/** As formatTable, in lines of at most so many cells. */
export function fittedTable(table: TextTable, room: number): string {
  if (room === Number.POSITIVE_INFINITY) return formatTable(table);
  const { columns } = table;
  const lines = [columns.map((column) => column.toUpperCase()), ...table.rows];
  const fitted = fitColumns(columns, wantsOf(lines), room);
  return lines.map((line) => fittedLine(columns, line, fitted)).join('');
}

/** How wide each column wants to be; `before`: at least so wide. */
export function wantsOf(lines: readonly (readonly string[])[], before: readonly number[] = []): number[] {
  const wants = [...before];
  for (const line of lines) {
    line.forEach((cell, index) => {
      wants[index] = Math.max(wants[index] ?? 0, displayWidth(cell));
    });
  }
  return wants;
}

/** Cells of a line; a pipe takes any. */
export function roomOf({ isTTY, columns }: { readonly isTTY: boolean; readonly columns: number }): number {
  return isTTY ? Math.max(20, columns) : Number.POSITIVE_INFINITY;
}
