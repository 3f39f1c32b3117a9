import { humanDuration } from '../../../crds/duration.ts';
import { SEVERITIES } from '../../../crds/issue-words.ts';
import type { Line } from '../rows/listing.ts';
import { isList, placeOf } from '../state/state.ts';
import { aboutWhom, titleOf as promptTitle } from './footer.ts';
import { connectionText, titleOf } from './header.ts';
import { nothingLines } from './nothing-lines.ts';
import { pageOf, type Scene } from './scene.ts';

/** The screen as a screen reader says it: where one is, the one line that is selected, and what was told. */
export function spoken(scene: Scene): string[] {
  const { state, counts, connection, lines } = scene;
  const { view, cursor } = placeOf(state);
  const numbers = SEVERITIES.map((severity, at) => `${counts[at] ?? 0} ${severity}`).join(', ');
  const where = lines.count === 0 ? 'empty' : `${cursor.index + 1} of ${lines.count}`;
  const asOf = 'asOf' in view && view.asOf !== undefined ? `, as of ${new Date(view.asOf).toISOString()}` : '';
  return [
    `Faultline, ${scene.place}: ${numbers}; ${connectionText(connection, scene).text.replace(/^\W+/, '')}`,
    isList(view)
      ? `${titleOf(view)}${asOf}${view.filter === '' ? '' : `, filter ${view.filter}`}: ${where}`
      : titleOf(view),
    ...bodyOf(scene),
    ...promptOf(scene),
    ...(state.notice === undefined ? [] : [state.notice.text]),
    ...(scene.filterFault === undefined ? [] : [scene.filterFault]),
  ];
}

function bodyOf(scene: Scene): string[] {
  const { state, listing, table, text } = scene;
  const { view, cursor } = placeOf(state);
  if (view.kind === 'issues') {
    const line = listing?.lineAt(cursor.index);
    return line === undefined
      ? nothingLines(scene, view)
          .map((each) => each.trim())
          .filter(Boolean)
      : [lineText(scene, line)];
  }
  if (table !== undefined) {
    const row = table.rows[cursor.index];
    const said =
      row === undefined ? [] : [table.columns.map((name, at) => `${name} ${row.cells[at] ?? ''}`).join(', ')];
    return [...said, ...table.remarks];
  }
  return [...(text ?? [])].slice(cursor.top, cursor.top + pageOf(state.size.rows));
}

function lineText({ state, now }: Scene, line: Line): string {
  if (line.kind === 'group') {
    return `group ${line.group.label}, ${line.group.rows.length} issues, ${line.collapsed ? 'folded' : 'unfolded'}`;
  }
  const { severity, active, title, namespace, name, type, openedAt, acknowledged, key } = line.row;
  return [
    `${active ? (SEVERITIES[severity] ?? '') : 'resolved'} ${type}: ${title}`,
    `in ${namespace}, since ${humanDuration(Math.max(0, now - openedAt))}`,
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
