import type { Look } from '../look/look.ts';
import { wrap } from '../text/width.ts';

/** The lines of a document in so many cells: long ones go on in the next line, headings are strong. */
export function documentLines(lines: readonly string[], width: number): string[] {
  return lines.flatMap((line) => wrap(line.replaceAll('\t', '  '), Math.max(20, width - 2)));
}

/** As it is painted. A heading begins its line and ends in a colon. */
export function paintedDocument(lines: readonly string[], look: Look, width: number): string[] {
  return lines.map((line) => {
    const text = ` ${look.cut(line, width - 2)}`;
    return HEADING.test(line) ? look.paint('strong', text) : text;
  });
}

const HEADING = /^[A-Z][^:]{0,80}:$/;
