import { LABELS } from '../../../crds/names.ts';
import { oneLine, truncate } from '../../../crds/text.ts';
import { displayWidth } from '../../printers/table.ts';
import { type Output, type Streams, wantsColor } from '../../streams.ts';
import type { ColumnDefinition, Page, Row } from '../issues.ts';
import type { Printer } from './printer.ts';

export interface TableOptions {
  readonly wide: boolean;
  readonly headers: boolean;
  /** The namespace comes first, as with `kubectl get -A`. */
  readonly withNamespace: boolean;
}

const GAP = 3;
const MIN_WIDTH = 6;
const MAX_CELL = 1_000;

/** The columns of the server's Table that are shown, and its cells as text. */
export function shownColumns(columns: readonly ColumnDefinition[], wide: boolean): number[] {
  return columns.flatMap(({ priority = 0 }, index) => (wide || priority === 0 ? [index] : []));
}

export function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  const text = String(cell);
  // Most of them are: ten thousand lines are printed in a blink.
  return text.length <= MAX_CELL && CLEAN.test(text) ? text : oneLine(text, MAX_CELL);
}

/** Printable ASCII without spaces to fold. */
const CLEAN = /^(?:[!-~](?: (?=[!-~]))?)*$/;

/**
 * As kubectl prints it. Columns are as wide as the first page needs and grow later, so that lines are there at once. On a
 * terminal the last column ends where the terminal does, and the severity has its colour.
 */
export function tablePrinter(options: TableOptions, { out, env }: Pick<Streams, 'out' | 'env'>): Printer {
  const paint = wantsColor(out, env);
  let columns: readonly ColumnDefinition[] = [];
  let shown: readonly number[] = [];
  let widths: readonly number[] = [];
  let isFirst = true;
  return {
    table: true,
    objects: false,
    page({ columns: given, rows }: Page) {
      if (given !== undefined) columns = given;
      shown = shownColumns(columns, options.wide);
      if (rows.length === 0) return;
      const names = [
        ...(options.withNamespace ? ['Namespace'] : []),
        ...shown.map((index) => columns[index]?.name ?? ''),
      ];
      const head = isFirst && options.headers ? [names.map((name) => cellText(name).toUpperCase())] : [];
      const body = rows.map((row) => cellsOf(row, shown, options.withNamespace));
      isFirst = false;
      widths = grown(widths, [...head, ...body]);
      const colours = [...head.map(() => undefined), ...rows.map((row) => (paint ? colourOf(row) : undefined))];
      const severity = names.indexOf('Severity');
      const lines = [...head, ...body].map((cells, index) =>
        lineOf(cells, widths, options.wide ? Infinity : limitOf(out), { at: severity, colour: colours[index] }),
      );
      out.write(lines.join(''));
    },
    end() {},
  };
}

function cellsOf({ cells, object }: Row, shown: readonly number[], withNamespace: boolean): string[] {
  const namespace = withNamespace ? [cellText(object.metadata.namespace)] : [];
  return [...namespace, ...shown.map((index) => cellText(cells[index]))];
}

function grown(widths: readonly number[], lines: readonly (readonly string[])[]): number[] {
  const next = [...widths];
  for (const line of lines) {
    line.forEach((cell, index) => {
      next[index] = Math.max(next[index] ?? MIN_WIDTH, displayWidth(cell) + GAP);
    });
  }
  return next;
}

function limitOf(out: Output): number {
  return out.isTTY ? Math.max(20, out.columns) : Infinity;
}

function lineOf(
  cells: readonly string[],
  widths: readonly number[],
  limit: number,
  { at, colour }: { at: number; colour: string | undefined },
): string {
  let used = 0;
  const texts = cells.map((cell, index) => {
    const isLast = index === cells.length - 1;
    const text = isLast ? cut(cell, limit - used) : cell;
    const width = displayWidth(text);
    const padding = isLast ? 0 : Math.max(0, (widths[index] ?? 0) - width);
    used += width + padding;
    const painted = index === at && colour !== undefined ? `\u001b[${colour}m${text}\u001b[0m` : text;
    return painted + ' '.repeat(padding);
  });
  return `${texts.join('').trimEnd()}\n`;
}

/** To so many cells of the terminal; at least a few stay. */
function cut(text: string, limit: number): string {
  const most = Math.max(8, limit);
  if (displayWidth(text) <= most) return text;
  let kept = truncate(text, most);
  while (displayWidth(kept) > most) kept = truncate(kept, kept.length - 1);
  return kept;
}

const COLOURS: Readonly<Record<string, string>> = { critical: '1;31', major: '33', minor: '36', info: '2' };

function colourOf({ object }: Row): string | undefined {
  const { labels = {} } = object.metadata;
  return labels[LABELS.state] === 'Active' ? COLOURS[labels[LABELS.severity] ?? ''] : '2';
}
