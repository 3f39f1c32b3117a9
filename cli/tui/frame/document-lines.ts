import { wrap } from '../../printers/width.ts';
import type { Look } from '../look/look.ts';

/** The lines of a document in so many cells: long ones go on in the next line, headings are strong. */
export function documentLines(lines: readonly string[], width: number): string[] {
  return lines.flatMap((line) => wrapped(line, width));
}

function wrapped(line: string, width: number): readonly string[] {
  return wrap(line.replaceAll('\t', '  '), Math.max(20, width - 2));
}

/** The lines of a document that goes on: only those are wrapped that were not there before. */
export class DocumentWrap {
  readonly #wrap: (line: string, width: number) => readonly string[];
  #width = 0;
  #of: readonly string[] | undefined;
  #lines: readonly string[] = [];
  /** By the line as it was given. */
  #each = new Map<string, readonly string[]>();

  constructor(wrapLine = wrapped) {
    this.#wrap = wrapLine;
  }

  /** As `documentLines`; the same array for the same lines. */
  lines(of: readonly string[], width: number): readonly string[] {
    if (this.#of === of && this.#width === width) return this.#lines;
    const before = this.#width === width ? this.#each : new Map<string, readonly string[]>();
    const each = new Map<string, readonly string[]>();
    for (const line of of) if (!each.has(line)) each.set(line, before.get(line) ?? this.#wrap(line, width));
    this.#width = width;
    this.#of = of;
    this.#each = each;
    this.#lines = of.flatMap((line) => each.get(line) ?? []);
    return this.#lines;
  }
}

/** As it is painted. A heading begins its line and ends in a colon. */
export function paintedDocument(lines: readonly string[], look: Look, width: number): string[] {
  return lines.map((line) => {
    const text = ` ${look.cut(line, width - 2)}`;
    return HEADING.test(line) ? look.paint('strong', text) : text;
  });
}

const HEADING = /^[A-Z][^:]{0,80}:$/;
