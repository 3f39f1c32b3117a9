import { multiLine, oneLine } from '../../crds/text.ts';
import { formatTable } from '../printers/table.ts';

/** Texts for people, in sections. Nothing in them is executed by a terminal, whoever the server is. */

export const MAX_LINE = 4_096;
const MAX_TEXT = 64 * 1024;

/** `Name:       fact`; what is not known has no line. */
export function facts(given: readonly (readonly [string, string | undefined])[]): string[] {
  return given.flatMap(([name, fact]) =>
    fact === undefined || fact === '' ? [] : [`${`${name}:`.padEnd(12)}${oneLine(fact, MAX_LINE)}`],
  );
}

/** Nothing when there are no lines. */
export function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => (line === '' ? '' : `  ${line}`))];
}

export function textLines(text: string): string[] {
  return multiLine(text, MAX_TEXT).split('\n');
}

/** Columns without a head. */
export function rows(lines: readonly (readonly string[])[]): string[] {
  if (lines.length === 0) return [];
  const clean = lines.map((cells) => cells.map((cell) => oneLine(cell, MAX_LINE)));
  const [, ...body] = formatTable({ columns: clean[0]?.map(() => '') ?? [], rows: clean }).split('\n');
  return body.slice(0, -1).map((line) => line.trimEnd());
}
