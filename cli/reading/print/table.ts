import { oneLine } from '../../../crds/text.ts';
import type { LabelColumns } from '../../commands/get.ts';
import { type Fit, fitColumns, fitNext, fittedLine, roomOf, wantsOf } from '../../printers/fit.ts';
import { type Streams, wantsColor } from '../../streams.ts';
import type { ColumnDefinition, Page, Row } from '../issues.ts';
import type { Printer } from './printer.ts';

export interface TableOptions {
  readonly wide: boolean;
  readonly headers: boolean;
  /** The namespace comes first, as with `kubectl get -A`. */
  readonly withNamespace: boolean;
  /** What is shown is not all Active: then the state tells as much as the severity. */
  readonly states?: boolean;
  /** Behind the columns of the server. */
  readonly labels?: LabelColumns | undefined;
}

const MAX_CELL = 1_000;

/** The columns of the server's Table that are shown, and its cells as text. */
export function shownColumns(columns: readonly ColumnDefinition[], wide: boolean): number[] {
  return columns.flatMap(({ priority = 0 }, index) => (wide || priority === 0 ? [index] : []));
}

export function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  const text = String(cell);
  // Most of them are: ten thousand lines are printed in a blink.
  return text.length <= MAX_CELL && !UNCLEAN.test(text) ? text : oneLine(text, MAX_CELL);
}

/** What is no printable ASCII, and spaces to fold. */
const UNCLEAN = /[^ -~]| {2}|^ | $/;

/**
 * As kubectl prints it. Columns are as wide as the first page needs and grow later, so that lines are there at once. On a
 * terminal no line is longer than it: see fitColumns; and the severity has its colour.
 */
export function tablePrinter(options: TableOptions, { out, env }: Pick<Streams, 'out' | 'env'>): Printer {
  const paint = wantsColor(out, env);
  let columns: readonly ColumnDefinition[] = [];
  let wants: readonly number[] = [];
  let fitted: Fit | undefined;
  let isFirst = true;
  return {
    table: true,
    objects: false,
    page({ columns: given, rows }: Page) {
      if (given !== undefined) columns = given;
      const shown = shownColumns(columns, options.wide);
      if (rows.length === 0) return;
      const names = [
        ...(options.withNamespace ? ['Namespace'] : []),
        ...shown.map((index) => columns[index]?.name ?? ''),
        ...labelNames(options.labels),
      ];
      const head = isFirst && options.headers ? [names.map((name) => headOf(cellText(name)))] : [];
      const body = rows.map((row) => {
        const cells = cellsOf(row, shown, options.withNamespace);
        // Of ten thousand rows, texts of labels that nobody asked for are a sixth of all memory.
        return options.labels === undefined ? cells : [...cells, ...labelCells(row, options.labels)];
      });
      isFirst = false;
      wants = wantsOf([...head, ...body], wants);
      const room = roomOf(out);
      const next = fitColumns(names, wants, room, [
        ...labelNames(options.labels),
        ...(options.states ? ['state'] : []),
      ]);
      const at = fitted === undefined ? next : fitNext(fitted, next, room);
      fitted = at;
      const severity = names.indexOf('Severity');
      const state = names.indexOf('State');
      const lines = body.map((cells) => {
        const colour = paint ? colourOf(cells[severity], cells[state]) : undefined;
        return fittedLine(names, cells, at, (index, text) =>
          index === severity && colour !== undefined ? `\u001b[${colour}m${text}\u001b[0m` : text,
        );
      });
      out.write([...head.map((cells) => fittedLine(names, cells, at)), ...lines].join(''));
    },
    end() {},
  };
}

function cellsOf({ cells, object }: Row, shown: readonly number[], withNamespace: boolean): string[] {
  const namespace = withNamespace ? [cellText(object.metadata.namespace)] : [];
  return [...namespace, ...shown.map((index) => cellText(cells[index]))];
}

/** As columns are known here: no column of the server begins so. */
const LABEL = 'label ';

function labelNames({ keys, all }: LabelColumns = NO_LABELS): string[] {
  return [...keys.map((key) => `${LABEL}${key}`), ...(all ? [`${LABEL}labels`] : [])];
}

const NO_LABELS: LabelColumns = { keys: [], all: false };

/** Of a label, as kubectl has it: what is behind its prefix. */
function headOf(name: string): string {
  return (name.startsWith(LABEL) ? name.slice(LABEL.length).replace(/^.*\//, '') : name).toUpperCase();
}

function labelCells({ object }: Row, { keys, all }: LabelColumns): string[] {
  const { labels = {} } = object.metadata;
  return [...keys.map((key) => cellText(labels[key] ?? '<none>')), ...(all ? [cellText(textOf(labels))] : [])];
}

function textOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '<none>' : pairs.toSorted().join(',');
}

const COLOURS: Readonly<Record<string, string>> = { critical: '1;31', major: '33', minor: '36', info: '2' };

function colourOf(severity = '', state = 'Active'): string | undefined {
  return state === 'Active' ? COLOURS[severity] : '2';
}
