/** A line longer than this is no event: the API server's own limit is 3 MiB an object. */
const MAX_LINE = 64 * 1_048_576;
/** What one large line needed is not kept for the small ones that follow. */
const KEPT_BYTES = 1_048_576;

export class LineTooLong extends Error {
  override readonly name = 'LineTooLong';
}

/**
 * Splits a byte stream into lines; one yield a chunk, with what `read` made of the lines that it completed. Empty lines
 * are left out. The bytes that `read` is given are valid during the call only: their buffer is used again.
 */
export async function* linesOf<T>(
  chunks: AsyncIterable<Uint8Array>,
  read: (line: Buffer) => T,
): AsyncGenerator<T[], void, void> {
  const begun = new BegunLine();
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines: T[] = [];
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      const rest = bytes.subarray(from, end);
      const line = begun.length === 0 ? rest : begun.append(rest).take();
      from = end + 1;
      if (!isBlank(line)) lines.push(read(line));
    }
    if (from < bytes.length) begun.append(bytes.subarray(from));
    if (begun.length > MAX_LINE) throw new LineTooLong(`a watch sent a line of more than ${MAX_LINE / 1_048_576} MiB`);
    if (lines.length > 0) yield lines;
  }
}

/** A line whose end has not arrived, in one buffer for all of them: a copy of each would be garbage. */
class BegunLine {
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(part: Buffer): this {
    const needed = this.#length + part.length;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(16_384, 2 * needed));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    part.copy(this.#bytes, this.#length);
    this.#length = needed;
    return this;
  }

  take(): Buffer {
    const line = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = Buffer.alloc(0);
    return line;
  }
}

function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte > 0x20) return false;
  return true;
}
