import { SEVERITIES } from '../../../crds/issue-words.ts';
import { wrap } from '../../printers/width.ts';
import { placeOf } from '../state/state.ts';
import { layOut, widest } from './layout.ts';
import type { Scene, SmallTable } from './scene.ts';

const GUTTER = 2;

/** A table of few lines, and what is said below it. */
export function tableLines({ look, state }: Scene, table: SmallTable, page: number): { head: string; body: string[] } {
  const { top, index } = placeOf(state).cursor;
  const { columns: width } = state.size;
  const widths = layOut(
    table.columns.map((name, at) => ({
      name,
      want: widest(
        name,
        table.rows.map(({ cells }) => cells[at] ?? ''),
      ),
    })),
    width - GUTTER,
  );
  const joined = (cells: readonly string[]): string =>
    ' '.repeat(GUTTER) +
    widths.flatMap((each, at) => (each === 0 ? [] : [look.filled(cells[at] ?? '', each)])).join(' ');
  const rows = table.rows.slice(top, top + page).map(({ cells, severity }, at) => {
    const line = joined(cells);
    if (top + at === index) return look.paint('selected', look.filled(line, width));
    return severity < 2 ? look.paint(SEVERITIES[severity] ?? 'info', line) : line;
  });
  const remarks = table.remarks
    .flatMap((remark) => wrap(remark, width - 2 * GUTTER))
    .map((line) => look.paint('dim', `${' '.repeat(GUTTER)}${look.plain(line)}`));
  return {
    head: look.paint('header', look.filled(joined(table.columns.map((name) => name.toUpperCase())), width)),
    body: [...rows, ...(rows.length < page && remarks.length > 0 ? ['', ...remarks] : [])].slice(0, page),
  };
}
