/** A table as kubectl prints it: upper-case headers, columns three spaces apart, the last one as long as it is. */
export interface TextTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const GAP = 3;
// k8s.io/kubectl uses a tabwriter with minwidth 6: narrow columns are 6 wide.
const MIN_WIDTH = 6;

export function formatTable({ columns, rows }: TextTable): string {
  const lines = [columns.map((column) => column.toUpperCase()), ...rows];
  const widths = columns.map((_, index) =>
    Math.max(MIN_WIDTH, ...lines.map((line) => displayWidth(line[index] ?? '') + GAP)),
  );
  return lines.map((line) => `${formatLine(line, widths)}\n`).join('');
}

function formatLine(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, index) => {
      const isLast = index === cells.length - 1;
      return isLast ? cell : cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - displayWidth(cell)));
    })
    .join('');
}

/** Made when it is needed: that takes 8 ms, and most text is Latin. */
const made: { segmenter?: Intl.Segmenter } = {};

/** What a person takes for one character. */
export function graphemesOf(text: string): Iterable<Intl.SegmentData> {
  made.segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return made.segmenter.segment(text);
}

/** What is none of those that take one cell each: ASCII, Latin, dashes, quotes, the ellipsis. */
const OTHER = /[^\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027]/;
const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/u;

/** Cells of a terminal: one a grapheme, two for East Asian wide characters and emoji. */
export function displayWidth(text: string): number {
  if (!OTHER.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemesOf(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}
