import type { Report } from '../report.ts';

/** A table for documentation: what is asked of each item, why, and how it went. */
export function printMarkdown({ results, scores, resource }: Report): string {
  const rows = results.map(({ item, outcome, message }) => {
    const { number, level, requirement, breaks } = item;
    const said = outcome === 'passed' ? outcome : `${outcome}: ${message}`;
    return [number, level, requirement, breaks, said];
  });
  const totals = scores.map(({ level, passed, seen, total, percent }) => {
    return `${level} ${percent === undefined ? '-' : `${percent} %`} (${passed} of ${seen}; ${seen} of ${total} seen)`;
  });
  const head = ['item', 'level', 'what', 'who breaks without', resource];
  return `${markdownTable(head, rows)}\n${totals.join(', ')}\n`;
}

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cellOf).join(' | ')} |\n`;
  return `${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`;
}

function cellOf(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('<', '&lt;').replace(/\s+/g, ' ');
}
