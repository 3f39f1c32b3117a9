import { heldBytes, type ReadyObject } from '../ready-object.ts';
import type { Selectable } from '../selectors/object-selector.ts';

/** One change as the watch cache keeps it: enough to tell any watcher what it means to its selector (W7). */
export interface CacheEvent {
  readonly resourceVersion: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** For DELETED the last state, with the deletion's number. */
  readonly object: ReadyObject;
  /** What the version before was selected by; absent for ADDED. */
  readonly previous?: Selectable;
  /** The version before itself. Of a change that was read from the log it is found when somebody needs it. */
  previousObject?: ReadyObject;
}

export interface WindowLimits {
  readonly events: number;
  readonly bytes: number;
}

/**
 * The recent changes, in memory: what watchers read from. Bounded by number and by bytes; what falls out is still in
 * the change log. All changes with numbers above `start` are here.
 */
export class ChangeWindow {
  readonly #limits: WindowLimits;
  #events: CacheEvent[] = [];
  /** Events before this index are dropped already; the array is compacted now and then. */
  #head = 0;
  #bytes = 0;
  #start: number;

  constructor(start: number, limits: WindowLimits) {
    this.#start = start;
    this.#limits = limits;
  }

  /** A watcher that has seen everything up to a number ≥ `start` can read on here without a gap. */
  get start(): number {
    return this.#start;
  }

  push(event: CacheEvent): void {
    this.#events.push(event);
    this.#bytes += heldBytes(event.object);
    while (this.#length > 1 && (this.#length > this.#limits.events || this.#bytes > this.#limits.bytes)) this.#drop();
  }

  /**
   * Puts older changes ahead of all: every one with a number in (`start`, `this.start`], ascending. False, and nothing
   * happens, when that is more than the limits allow.
   */
  prepend(start: number, older: readonly CacheEvent[]): boolean {
    const bytes = this.#bytes + older.reduce((sum, { object }) => sum + heldBytes(object), 0);
    if (older.length + this.#length > this.#limits.events || bytes > this.#limits.bytes) return false;
    this.#events = [...older, ...this.#events.slice(this.#head)];
    this.#head = 0;
    this.#bytes = bytes;
    this.#start = start;
    return true;
  }

  /** At most `limit` events with numbers above `resourceVersion`, which must not be below `start`. */
  after(resourceVersion: number, limit: number): CacheEvent[] {
    const from = this.#indexAfter(resourceVersion);
    return this.#events.slice(from, from + limit);
  }

  get #length(): number {
    return this.#events.length - this.#head;
  }

  #drop(): void {
    const dropped = this.#events[this.#head] as CacheEvent;
    this.#bytes -= heldBytes(dropped.object);
    this.#start = dropped.resourceVersion;
    this.#head++;
    if (this.#head >= 1_024 && this.#head * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#head);
      this.#head = 0;
    }
  }

  #indexAfter(resourceVersion: number): number {
    let low = this.#head;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle] as CacheEvent).resourceVersion <= resourceVersion) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
