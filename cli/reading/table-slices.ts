import type { ColumnDefinition, Row } from './issues.ts';

/** A Table, or a part of its rows. */
export interface TableSlice {
  readonly kind?: string;
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly columnDefinitions?: readonly ColumnDefinition[];
  readonly rows?: readonly Row[];
}

/**
 * Where a row begins. Neither can be within a string of JSON, where a quote has a backslash before it; nor within the
 * metadata of an object, which has no array of objects with cells.
 */
const FIRST = Buffer.from('"rows":[{"cells":[');
const NEXT = Buffer.from(',{"cells":[');
const COMMA = 0x2c;
const BEFORE_ROWS = '"rows":['.length;

/**
 * The answer of a server in slices of `most` rows, read while it arrives: ten thousand rows are asked for once and never held
 * at once. Each slice says what is before the rows. An answer that is written otherwise comes as a whole. Throws a
 * SyntaxError for what is no JSON.
 */
export async function* tableSlices(answer: AsyncIterable<Buffer>, most: number): AsyncGenerator<TableSlice> {
  let head: TableSlice | undefined;
  let rows: Row[] = [];
  let count = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of answer) {
    let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    // What is left of the chunk before begins with a row that was counted.
    let from = head === undefined ? 0 : 1;
    if (head === undefined) {
      const at = data.indexOf(FIRST);
      rest = data;
      if (at < 0) continue;
      head = JSON.parse(`${data.toString('utf8', 0, at + BEFORE_ROWS)}]}`) as TableSlice;
      data = data.subarray(at + BEFORE_ROWS);
      from = 0;
    }
    let begin = 0;
    let last = -1;
    for (let at = data.indexOf(NEXT, from); at >= 0; at = data.indexOf(NEXT, at + 1)) {
      last = at;
      if (++count < most) continue;
      yield { ...head, rows: rows.concat(rowsIn(data, begin, at)) };
      [rows, count, begin] = [[], 0, at];
    }
    if (last > begin) rows = rows.concat(rowsIn(data, begin, last));
    rest = data.subarray(Math.max(begin, last));
  }
  if (head === undefined) yield JSON.parse(rest.toString('utf8')) as TableSlice;
  else {
    const end = JSON.parse(`{"rows":[${textIn(rest, 0, rest.length)}`) as { readonly rows: readonly Row[] };
    yield { ...head, ...end, rows: rows.concat(end.rows) };
  }
}

function rowsIn(data: Buffer, begin: number, end: number): Row[] {
  return JSON.parse(`[${textIn(data, begin, end)}]`) as Row[];
}

/** Without the comma before the first row. */
function textIn(data: Buffer, begin: number, end: number): string {
  return data.toString('utf8', data[begin] === COMMA ? begin + 1 : begin, end);
}
