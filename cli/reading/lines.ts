import { multiLine, oneLine } from '../../crds/text.ts';
import { fittedTable } from '../printers/fit.ts';

/** Texts for people, in sections. Nothing in them is executed by a terminal, whoever the server is. */

export const MAX_LINE = 4_096;
/** Of the lines of a section. */
export const INDENT = 2;
const MAX_TEXT = 64 * 1024;

/** `Name:       fact`; what is not known has no line. */
export function facts(given: readonly (readonly [string, string | undefined])[]): string[] {
  return given.flatMap(([name, fact]) =>
    fact === undefined || fact === '' ? [] : [`${`${name}:`.padEnd(12)}${oneLine(fact, MAX_LINE)}`],
  );
}

/** Nothing when there are no lines. */
export function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0
    ? []
    : ['', `${title}:`, ...lines.map((line) => (line === '' ? '' : ' '.repeat(INDENT) + line))];
}

export function textLines(text: string): string[] {
  return multiLine(text, MAX_TEXT).split('\n');
}

/** Columns without a head. `named`: what they are, for those that are cut to lines of so many cells. */
export function rows(
  lines: readonly (readonly string[])[],
  named?: { readonly columns: readonly string[]; readonly room: number },
): string[] {
  if (lines.length === 0) return [];
  const clean = lines.map((cells) => cells.map((cell) => oneLine(cell, MAX_LINE)));
  const columns = named?.columns ?? clean[0]?.map(() => '') ?? [];
  const [, ...body] = fittedTable({ columns, rows: clean }, named?.room ?? Number.POSITIVE_INFINITY).split('\n');
  return body.slice(0, -1).map((line) => line.trimEnd());
}
