/**
 * Collects bytes into chunks of equal size. Answers are made of many small slices (a list is a concatenation of ready
 * bytes): one write a slice would cost more than the copy.
 */
export class ByteChunks {
  readonly #size: number;
  #chunk: Buffer | undefined;
  #length = 0;
  #full: Buffer[] = [];
  readonly #free: Buffer[] = [];

  constructor(chunkBytes = CHUNK_BYTES) {
    this.#size = chunkBytes;
  }

  /** Appends `source[start, end)`. */
  append(source: Buffer, start = 0, end = source.length): void {
    let from = start;
    while (from < end) {
      const chunk = this.#room();
      const copied = source.copy(chunk, this.#length, from, Math.min(end, from + this.#size - this.#length));
      this.#length += copied;
      from += copied;
    }
  }

  /** Appends text; `ascii` text is the common case and needs no measuring. */
  text(text: string): void {
    if (text.length > 64) {
      this.append(Buffer.from(text));
      return;
    }
    const chunk = this.#room();
    if (this.#size - this.#length < text.length * 3) this.append(Buffer.from(text));
    else this.#length += chunk.write(text, this.#length, 'utf8');
  }

  /** The chunks that are full, once. */
  takeFull(): Buffer[] {
    if (this.#full.length === 0) return NONE;
    const full = this.#full;
    this.#full = [];
    return full;
  }

  /** Everything that was not taken yet. */
  takeAll(): Buffer[] {
    const all = this.takeFull();
    if (this.#length === 0) return all;
    const rest = (this.#chunk as Buffer).subarray(0, this.#length);
    this.#chunk = undefined;
    this.#length = 0;
    return [...all, rest];
  }

  /** A chunk that was taken and that nobody reads any more: it is filled again instead of allocating another. */
  recycle(chunk: Buffer): void {
    if (chunk.length === this.#size) this.#free.push(chunk);
  }

  #room(): Buffer {
    if (this.#chunk && this.#length === this.#size) {
      this.#full.push(this.#chunk);
      this.#chunk = undefined;
    }
    if (!this.#chunk) {
      this.#chunk = this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#size);
      this.#length = 0;
    }
    return this.#chunk;
  }
}

/** The limit above which upstream compresses answers too (L16), so that "one chunk" means "not compressed". */
export const CHUNK_BYTES = 128 * 1024;

const NONE: Buffer[] = [];
