import { placeOf } from '../state/state.ts';
import { paintedDocument } from './document-lines.ts';
import { hintLine, messageLine } from './footer.ts';
import { headerLine, placeLine } from './header.ts';
import { issueLines } from './issue-lines.ts';
import { nothingLines } from './nothing-lines.ts';
import { pageOf, type Scene } from './scene.ts';
import { tableLines } from './table-lines.ts';

/** The smallest screen on which something is drawn. */
const LEAST = { columns: 40, rows: 8 };

/** What the screen shows: as many lines as it has, none wider than it is. */
export function frame(scene: Scene): string[] {
  const { state, look } = scene;
  const { columns, rows } = state.size;
  if (columns < LEAST.columns || rows < LEAST.rows) {
    return [look.cut(`faultline needs ${LEAST.columns}x${LEAST.rows}`, columns)];
  }
  const page = pageOf(rows);
  const { head, body } = bodyOf(scene, page);
  const filler = Array.from({ length: Math.max(0, page - body.length) }, () => '');
  const lines = [headerLine(scene), placeLine(scene), head, ...body, ...filler, messageLine(scene), hintLine(scene)];
  return lines.map((line) => line.trimEnd());
}

function bodyOf(scene: Scene, page: number): { head: string; body: readonly string[] } {
  const { state, look, listing, table, text } = scene;
  const { view, cursor } = placeOf(state);
  const { columns } = state.size;
  if (view.kind === 'issues') {
    const lines = issueLines(scene, view, page);
    return (listing?.count ?? 0) > 0 ? lines : { head: lines.head, body: nothingLines(scene, view).slice(0, page) };
  }
  if (table !== undefined) return tableLines(scene, table, page);
  const shown = (text ?? [look.symbols.ellipsis]).slice(cursor.top, cursor.top + page);
  return { head: '', body: paintedDocument(shown, look, columns) };
}
