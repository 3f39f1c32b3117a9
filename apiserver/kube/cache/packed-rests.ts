import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** Fast, and within a tenth of what the slower levels reach on JSON that repeats itself. */
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/**
 * The rests (what follows the metadata) of some neighbouring objects, compressed together: they repeat each other much
 * more than each repeats itself. One allocation for all.
 */
export class PackedRests {
  readonly #compressed: Buffer;
  /** Where each ends. */
  readonly #ends: Uint32Array;
  readonly #unpacked: UnpackedRests;
  #live: number;

  constructor(rests: readonly Buffer[], unpacked: UnpackedRests) {
    let end = 0;
    this.#ends = Uint32Array.from(rests, (rest) => (end += rest.length));
    // A copy, because what zlib answers lies in a buffer of its largest possible size.
    const compressed = zstdCompressSync(Buffer.concat(rests), LEVEL);
    this.#compressed = Buffer.allocUnsafeSlow(compressed.length);
    compressed.copy(this.#compressed);
    this.#unpacked = unpacked;
    this.#live = rests.length;
  }

  /** Most of them belong to objects that are gone: the others should be packed anew. */
  get sparse(): boolean {
    return this.#live * 4 < this.#ends.length;
  }

  length(place: number): number {
    return (this.#ends[place] as number) - this.#start(place);
  }

  /** One of them, to be used at once: its memory is given back when enough others were read ({@link UnpackedRests}). */
  read(place: number): Buffer {
    // In one piece: zlib would make it of many of 16 KiB, and of a full one it does not know that it was the last.
    const chunkSize = Math.max((this.#ends.at(-1) as number) + 1, constants.Z_MIN_CHUNK);
    const all = this.#unpacked.of(this, () => zstdDecompressSync(this.#compressed, { chunkSize }));
    return all.subarray(this.#start(place), this.#ends[place]);
  }

  /** One of its objects is gone. */
  drop(): void {
    this.#live--;
  }

  #start(place: number): number {
    return place === 0 ? 0 : (this.#ends[place - 1] as number);
  }
}

/**
 * The rests that were read last, as they were before. A list reads neighbours, but these were packed each time that the
 * hand came by since the first of them was there, and several lists at once are at several places: with 8, a list of
 * 100,000 that had grown bit by bit unpacked everything five times. 64 are 6 MB.
 *
 * Older ones give their memory back at once instead of waiting for a collection: a list of 100,000 unpacks 270 MB, which
 * counts as V8's, so that it marked the whole heap several times a list, for two thirds of the list's time.
 */
export class UnpackedRests {
  readonly #max: number;
  readonly #known = new Map<PackedRests, Buffer>();

  constructor(max = 64) {
    this.#max = max;
  }

  of(packed: PackedRests, unpack: () => Buffer): Buffer {
    const known = this.#known.get(packed);
    if (known) {
      // What is read now is the last to go: whoever reads a few of them one after the other still has the first.
      this.#known.delete(packed);
      this.#known.set(packed, known);
      return known;
    }
    const read = unpack();
    if (this.#known.size === this.#max) {
      for (const [oldest, rests] of this.#known) {
        this.#known.delete(oldest);
        release(rests);
        break;
      }
    }
    this.#known.set(packed, read);
    return read;
  }
}

/** Whoever still reads it reads nothing. Small ones lie in memory that Node shares among many, and stay. */
function release({ buffer }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize) buffer.transfer(0);
}
