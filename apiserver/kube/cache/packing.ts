import { setImmediate as immediately } from 'node:timers/promises';
import { cellsLength, moveRest, type ReadyObject, restLength, restOf } from '../ready-object.ts';
import { PackedRests, UnpackedRests } from './packed-rests.ts';

/** Objects that are packed together: more save little, and every get of one of them unpacks them all. */
const TOGETHER = 32;
/** Of the limit: room for some changes, so that single ones do not begin a search. */
const MARGIN = 1 / 32;

/** Objects in the order of lists, and those that must stay as they are: changed after a number. */
export interface Packable {
  inOrder(): readonly ReadyObject[];
  /** Objects with a number above it belong to the window of recent changes, which counts their bytes. */
  settledAt(): number;
}

/**
 * Keeps the objects of one resource within a number of bytes. Beyond it, what follows the metadata is compressed, 32
 * neighbours together; metadata and the cells of Table rows stay as they are, so that tables, which people read, cost
 * what they did. Lists of packed objects as JSON cost about a fifth more (docs/performance.md).
 */
export class Packing {
  readonly #limit: number;
  readonly #unpacked = new UnpackedRests();
  #bytes = 0;
  /** From here on it is worth looking for more to pack. */
  #worthAt: number;
  #running = false;
  /** Where the next look begins: each object has its turn. */
  #position = 0;

  /** `limit`: bytes after the metadata that stay as they are, of all objects together. */
  constructor(limit: number) {
    this.#limit = limit;
    this.#worthAt = limit;
  }

  /** An object is kept from now on. */
  add(object: ReadyObject): void {
    if (!object.packed) this.#bytes += restLength(object);
  }

  /** An object is kept no longer. */
  remove(object: ReadyObject): void {
    if (object.packed) object.packed.drop();
    else this.#bytes -= restLength(object);
  }

  /** While objects are loaded in order: packs the last ones of `loaded`, as soon as there are enough. Returns how many of it are done with. */
  packLoaded(loaded: readonly ReadyObject[], done: number): number {
    let from = done;
    while (this.#bytes > this.#limit && loaded.length - from >= TOGETHER) {
      this.#pack(loaded.slice(from, from + TOGETHER));
      from += TOGETHER;
    }
    return this.#bytes > this.#limit ? from : loaded.length;
  }

  /** Packs until the limit is kept, a few objects at a time. At most one at once runs; never rejects. */
  async run(objects: Packable, signal: AbortSignal): Promise<void> {
    if (this.#running || this.#bytes <= this.#worthAt) return;
    this.#running = true;
    while (this.#bytes > this.#limit && !signal.aborted) {
      const next = this.#choose(objects);
      if (next.length === 0) break;
      this.#pack(next);
      await immediately();
    }
    // Where nothing was found, nothing is found soon.
    this.#worthAt = Math.max(this.#limit, this.#bytes) + this.#limit * MARGIN;
    this.#running = false;
  }

  /** The next in order that are not packed well, or none when there are too few for it to be worth it. */
  #choose(objects: Packable): ReadyObject[] {
    const all = objects.inOrder();
    const settled = objects.settledAt();
    const chosen: ReadyObject[] = [];
    let looked = 0;
    for (; looked < all.length && chosen.length < TOGETHER; looked++) {
      const object = all[(this.#position + looked) % all.length] as ReadyObject;
      if (object.resourceVersion <= settled && (!object.packed || object.packed.sparse)) chosen.push(object);
    }
    this.#position += looked;
    return chosen.length < TOGETHER / 4 ? [] : chosen;
  }

  #pack(objects: readonly ReadyObject[]): void {
    const packed = new PackedRests(objects.map(ownRest), this.#unpacked);
    // One allocation for what stays, too: they are neighbours, and mostly go at the same time.
    const heads = Buffer.allocUnsafeSlow(objects.reduce((sum, object) => sum + headLength(object), 0));
    let at = 0;
    for (const [place, object] of objects.entries()) {
      this.remove(object);
      at = moveRest(object, { heads, at, packed, place });
    }
  }
}

/** A copy of what is packed already: unpacking the next may give its memory back. */
function ownRest(object: ReadyObject): Buffer {
  return object.packed ? Buffer.from(restOf(object)) : restOf(object);
}

function headLength(object: ReadyObject): number {
  return object.metadataEnd - object.start + cellsLength(object);
}
