import { createGzip, type Gzip, type ZlibReset } from 'node:zlib';

/** The limit above which upstream compresses answers too (L16), so that "one chunk" means "not compressed". */
export const CHUNK_BYTES = 128 * 1024;

/**
 * What answers are sent from, used again by the next ones: chunks of 128 KiB and compressors. Allocated anew for every
 * page of 500, they made V8 collect garbage for half of the time that a page takes, because memory outside of its heap
 * counts. Keeps at most 4 MiB of chunks and four compressors.
 */
export class SendBuffers {
  readonly #chunks: Buffer[] = [];
  readonly #gzips: Gzip[] = [];

  /** A chunk of 128 KiB with anything in it. */
  take(): Buffer {
    return this.#chunks.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
  }

  /** Takes back a chunk, or the part of it that was filled, that nobody reads any more. */
  give(chunk: Buffer): void {
    if (chunk.buffer.byteLength !== CHUNK_BYTES || this.#chunks.length === 32) return;
    this.#chunks.push(Buffer.from(chunk.buffer));
  }

  /** A gzip at the beginning of its stream, at level 1 as upstream's. */
  takeGzip(): Gzip {
    return this.#gzips.pop() ?? createGzip({ level: 1, chunkSize: 64 * 1024 });
  }

  /** Takes back one that has finished its stream. */
  giveGzip(gzip: Gzip): void {
    if (this.#gzips.length === 4) {
      gzip.close();
      return;
    }
    (gzip as Gzip & ZlibReset).reset(); // which the types forget
    this.#gzips.push(gzip);
  }
}
