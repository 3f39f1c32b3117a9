/** Large enough that glibc maps it on its own and returns it to the system when it is free (M_MMAP_THRESHOLD, 128 KiB). */
const SLAB_BYTES = 256 * 1024;

/**
 * Memory for objects that are loaded together: an allocation of its own costs each half a kilobyte, and what thousands of
 * them leave behind is in pieces. A slab lives as long as one of its objects, so it is for what is packed next, or is not
 * much.
 */
export class Slabs {
  #slab = NONE;
  #used = 0;

  /** Memory of that size, with anything in it. */
  take(bytes: number): Buffer {
    if (bytes > SLAB_BYTES / 4) return Buffer.allocUnsafeSlow(bytes);
    if (this.#used + bytes > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#used = 0;
    }
    this.#used += bytes;
    return this.#slab.subarray(this.#used - bytes, this.#used);
  }
}

const NONE = Buffer.alloc(0);
