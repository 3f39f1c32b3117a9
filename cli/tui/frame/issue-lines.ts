import { humanDuration } from '../../../crds/duration.ts';
import { SEVERITIES } from '../../../crds/issue-words.ts';
import type { Role } from '../look/theme.ts';
import type { Line } from '../rows/listing.ts';
import type { Row } from '../rows/row.ts';
import { total } from '../rows/tally.ts';
import type { IssuesView } from '../state/state.ts';
import { placeOf } from '../state/state.ts';
import { layOut, widest } from './layout.ts';
import type { Scene } from './scene.ts';

/** A column of the server's Table, or the namespace, which the server leaves to who shows several. */
interface Shown {
  readonly name: string;
  text(row: Row): string;
}

/** The head of the columns, and the lines of the list that are on the screen: nothing else is looked at. */
export function issueLines(scene: Scene, view: IssuesView, page: number): { head: string; body: string[] } {
  const { state, listing, look } = scene;
  const { top, index } = placeOf(state).cursor;
  const lines: Line[] = [];
  for (let at = top; at < top + page; at++) {
    const line = listing?.lineAt(at);
    if (line !== undefined) lines.push(line);
  }
  const columns = shownColumns(scene, view);
  const gutter = view.grouping === 'none' ? GUTTER : GUTTER + INDENT;
  // What is Active anyway gives its room to since when.
  const widths = widthsOf(columns, lines, state.size.columns - gutter, state.options.all ? undefined : 'State');
  const head = columns.map(({ name }, at) => look.filled(name.toUpperCase(), widths[at] ?? 0));
  return {
    head: look.paint('header', look.filled(' '.repeat(gutter) + joined(head), state.size.columns)),
    body: lines.map((line, at) => {
      const isSelected = top + at === index;
      if (line.kind === 'group') return groupLine(scene, line, isSelected);
      return rowLine(scene, line.row, columns, widths, { isSelected, gutter });
    }),
  };
}

/** A mark, and whether somebody has taken note. */
const GUTTER = 3;
const INDENT = 2;

function joined(cells: readonly string[]): string {
  return cells.filter((cell) => cell !== '').join(' ');
}

function shownColumns({ columns, state, now }: Scene, view: IssuesView): Shown[] {
  const { wide, all } = state.options;
  const at = view.asOf ?? now;
  const shown = columns.flatMap(({ name, priority = 0 }, index): Shown[] => {
    if (priority > 0 && !wide) return [];
    // It says nothing where all are Active.
    if (name === 'State' && !all && !wide) return [];
    return [{ name, text: (row) => cellOf(row, index, name, at) }];
  });
  const withNamespace = view.namespace === undefined && view.grouping !== 'namespace';
  return withNamespace ? [{ name: 'Namespace', text: ({ namespace }) => namespace }, ...shown] : shown;
}

/** The ages of the server are those of the moment when it answered: here they go on. */
function cellOf(row: Row, index: number, name: string, now: number): string {
  const since =
    name === 'Since' || (name === 'Duration' && row.active) ? row.openedAt : name === 'Last-Seen' ? row.lastSeenAt : 0;
  return since > 0 ? humanDuration(Math.max(0, now - since)) : (row.cells[index] ?? '');
}

/** Of what is on the screen, whole ages apart, so that the columns stay where they are from second to second. */
function widthsOf(
  columns: readonly Shown[],
  lines: readonly Line[],
  room: number,
  first: string | undefined,
): number[] {
  const rows = lines.flatMap((line) => (line.kind === 'row' ? [line.row] : []));
  const wishes = columns.map((column) => ({
    name: column.name,
    want: AGES.has(column.name) ? AGE_WIDTH : widest(column.name, rows.map(column.text)),
  }));
  return layOut(
    wishes.map((wish) => ({ ...wish, want: AGES.has(wish.name) ? Math.max(AGE_WIDTH, wish.name.length) : wish.want })),
    room,
    first,
  );
}

const AGES: ReadonlySet<string> = new Set(['Since', 'Last-Seen', 'Duration']);
/** `7d23h`, `59m`, `9m59s`. */
const AGE_WIDTH = 6;

function rowLine(
  { look, state, now }: Scene,
  row: Row,
  columns: readonly Shown[],
  widths: readonly number[],
  { isSelected, gutter }: { isSelected: boolean; gutter: number },
): string {
  const mark = state.marked.has(row.key) ? look.symbols.marked : ' ';
  const note = row.snoozedUntil > now ? look.symbols.snoozed : row.acknowledged ? look.symbols.acknowledged : ' ';
  const before = `${mark}${note}`.padEnd(gutter);
  const role = roleOf(row);
  const cells = columns.map(({ name, text }, at) => {
    const width = widths[at] ?? 0;
    if (width === 0) return '';
    const cell = look.filled(name === 'Name' ? look.cutMiddle(text(row), width) : text(row), width);
    return !isSelected && row.active && name === 'Severity' ? look.paint(role, cell) : cell;
  });
  const line = before + joined(cells);
  if (isSelected) return look.paint('selected', look.filled(line, state.size.columns));
  if (!row.active) return look.paint('resolved', line);
  if (state.marked.has(row.key)) return look.paint('marked', mark) + line.slice(mark.length);
  return line;
}

export function roleOf({ active, severity }: Pick<Row, 'active' | 'severity'>): Role {
  return active ? (ROLE_OF[severity] ?? 'info') : 'resolved';
}

const ROLE_OF: readonly Role[] = [...SEVERITIES];

function groupLine({ look, state }: Scene, line: Extract<Line, { kind: 'group' }>, isSelected: boolean): string {
  const { group, collapsed } = line;
  const sign = collapsed ? look.symbols.collapsed : look.symbols.expanded;
  const issues = group.rows.length === 1 ? '1 issue' : `${group.rows.length} issues`;
  const resolved = group.rows.length - total(group.counts);
  const counts = [
    ...SEVERITIES.flatMap((severity, at) =>
      group.counts[at] ? [{ role: ROLE_OF[at], text: `${group.counts[at]} ${severity}` }] : [],
    ),
    ...(resolved > 0 ? [{ role: 'resolved' as const, text: `${resolved} resolved` }] : []),
  ];
  const label = `${sign} ${group.label}`;
  if (isSelected) {
    const text = `${label}  ${issues}: ${counts.map((each) => each.text).join(', ')}`;
    return look.paint('selected', look.filled(text, state.size.columns));
  }
  const painted = counts.map(({ role, text }) => look.paint(role ?? 'info', text)).join(', ');
  const head = look.cut(label, Math.max(10, state.size.columns - 50));
  return `${look.paint('group', head)}  ${look.paint('dim', `${issues}:`)} ${painted}`;
}
