import { CHUNK_BYTES, SendBuffers } from './send-buffers.ts';

/**
 * Collects bytes into chunks of equal size. Answers are made of many small slices (a list is a concatenation of ready
 * bytes): one write a slice would cost more than the copy.
 */
export class ByteChunks {
  readonly #size: number;
  readonly #take: () => Buffer;
  #chunk: Buffer | undefined;
  #length = 0;
  #full: Buffer[] = [];

  /** Chunks of so many bytes of its own, or of 128 KiB that somebody takes back. */
  constructor(chunks: number | SendBuffers = CHUNK_BYTES) {
    this.#size = chunks instanceof SendBuffers ? CHUNK_BYTES : chunks;
    this.#take = chunks instanceof SendBuffers ? () => chunks.take() : () => Buffer.allocUnsafeSlow(chunks);
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

  /** Appends text. A few letters of ASCII, which most are, are written quicker one by one than by a call of Node's. */
  text(text: string): void {
    if (text.length > 32 || !this.#short(text)) this.append(Buffer.from(text));
  }

  /** False, and nothing is appended, for other text than ASCII, and where the chunk ends. */
  #short(text: string): boolean {
    const chunk = this.#room();
    if (this.#size - this.#length < text.length) return false;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) return false;
      chunk[this.#length + index] = code;
    }
    this.#length += text.length;
    return true;
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

  #room(): Buffer {
    if (this.#chunk && this.#length === this.#size) {
      this.#full.push(this.#chunk);
      this.#chunk = undefined;
    }
    if (!this.#chunk) {
      this.#chunk = this.#take();
      this.#length = 0;
    }
    return this.#chunk;
  }
}

const NONE: Buffer[] = [];
