import { SEVERITIES } from '../../../crds/issue-words.ts';
import type { Line } from '../rows/listing.ts';
import { type IssuesView, isList, placeOf } from '../state/state.ts';
import { aboutWhom, titleOf as promptTitle } from './footer.ts';
import { crumbOf, titleOf } from './header.ts';
import { reason } from './nothing-lines.ts';
import { type Connection, pageOf, type Scene } from './scene.ts';

/**
 * The screen as a screen reader says it: where one is, the one line that is selected, and what was told. Everything is said
 * again when a word of it changes: there is nothing in it that changes with time alone, and no colour.
 */
export function spoken(scene: Scene): string[] {
  const { state, counts, connection, lines } = scene;
  const { view, cursor } = placeOf(state);
  const numbers = SEVERITIES.map((severity, at) => `${counts[at] ?? 0} ${severity}`).join(', ');
  const where = lines.count === 0 ? 'empty' : `${cursor.index + 1} of ${lines.count}`;
  const asOf = 'asOf' in view && view.asOf !== undefined ? `, as of ${new Date(view.asOf).toISOString()}` : '';
  const told = [
    ...promptOf(scene),
    ...(state.notice === undefined ? [] : [state.notice.text]),
    ...(scene.filterFault === undefined ? [] : [scene.filterFault]),
  ];
  // Numbers and lines that come by the hundred: they are said when they are all there.
  if (connection.kind === 'connecting' || connection.kind === 'loading') {
    return [`Faultline, ${scene.place}: loading`, ...told];
  }
  return [
    `Faultline, ${scene.place}: ${numbers}; ${connectionText(connection, scene.now)}`,
    isList(view)
      ? `${titleOf(view)}${asOf}${view.filter === '' ? '' : `, filter ${view.filter}`}: ${where}`
      : crumbOf(view),
    ...bodyOf(scene),
    ...told,
  ];
}

function connectionText(connection: Connection, now: number): string {
  switch (connection.kind) {
    case 'connecting':
    case 'loading':
      return 'loading';
    case 'live':
      return 'live';
    case 'still':
      return 'not live';
    case 'lost':
      return `lost since ${clock(connection.since, now)}: ${connection.why}`;
    case 'refused':
      return `refused: ${connection.why}`;
    default:
      return connection satisfies never;
  }
}

/** `08:48 UTC`; of another day with the date. */
function clock(at: number, now: number): string {
  const [day = '', time = ''] = new Date(at).toISOString().split('T');
  const isToday = new Date(now).toISOString().startsWith(day);
  return `${isToday ? '' : `${day} `}${time.slice(0, 5)} UTC`;
}

function bodyOf(scene: Scene): string[] {
  const { state, listing, table, text } = scene;
  const { view, cursor } = placeOf(state);
  if (view.kind === 'issues') {
    const line = listing?.lineAt(cursor.index);
    return line === undefined ? nothingText(scene, view) : [lineText(scene, line)];
  }
  if (table !== undefined) {
    const row = table.rows[cursor.index];
    const said =
      row === undefined ? [] : [table.columns.map((name, at) => `${name} ${row.cells[at] ?? ''}`).join(', ')];
    return [...said, ...table.remarks];
  }
  return [...(text ?? [])].slice(cursor.top, cursor.top + pageOf(state.size.rows));
}

/** Why nothing comes is said where the connection is told of. */
function nothingText(scene: Scene, view: IssuesView): string[] {
  const { kind } = scene.connection;
  return kind === 'lost' || kind === 'refused' ? [] : reason(scene, view).text.filter(Boolean);
}

function lineText({ state, now }: Scene, line: Line): string {
  if (line.kind === 'group') {
    return `group ${line.group.label}, ${line.group.rows.length} issues, ${line.collapsed ? 'folded' : 'unfolded'}`;
  }
  const { severity, active, title, namespace, name, type, openedAt, acknowledged, key } = line.row;
  return [
    `${active ? (SEVERITIES[severity] ?? '') : 'resolved'} ${type}: ${title}`,
    `in ${namespace}, since ${clock(openedAt, now)}`,
    name,
    ...(acknowledged ? ['acknowledged'] : []),
    ...(state.marked.has(key) ? ['marked'] : []),
  ].join(', ');
}

function promptOf(scene: Scene): string[] {
  const { prompt } = scene.state;
  if (prompt === undefined) return [];
  const keys = 'keys' in prompt && prompt.keys.length > 1 ? prompt.keys : [];
  return [...(keys.length > 0 ? [aboutWhom(scene, keys)] : []), `${promptTitle(prompt)}${prompt.edit.text}`];
}
