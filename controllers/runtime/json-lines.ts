/** A line longer than this is no event: the API server's own limit is 3 MiB an object. */
const MAX_LINE = 64 * 1_048_576;

export class LineTooLong extends Error {
  override readonly name = 'LineTooLong';
}

/** Splits a byte stream into lines; one yield a chunk, with all the lines that it completed. Empty lines are left out. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string[], void, void> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines: string[] = [];
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      // Joined before it is decoded: a character may lie across two chunks.
      const line = Buffer.concat([...parts, bytes.subarray(from, end)]).toString('utf8');
      parts = [];
      length = 0;
      from = end + 1;
      if (line.trim() !== '') lines.push(line);
    }
    if (from < bytes.length) {
      parts.push(bytes.subarray(from));
      length += bytes.length - from;
    }
    if (length > MAX_LINE) throw new LineTooLong(`a watch sent a line of more than ${MAX_LINE / 1_048_576} MiB`);
    if (lines.length > 0) yield lines;
  }
}
