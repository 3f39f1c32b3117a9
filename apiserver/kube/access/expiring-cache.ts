/**
 * Answers of somebody else, kept for a short time: at most `max` (the least recently used goes first), each for the
 * time given when it was stored. Keys and values are never inspected.
 */
export class ExpiringCache<V> {
  readonly #max: number;
  readonly #now: () => number;
  readonly #entries = new Map<string, { readonly value: V; readonly until: number }>();

  /** `now`: ms, monotonic or not: an entry that seems to live longer than it may is not a danger worth a second clock. */
  constructor(max: number, now: () => number) {
    this.#max = max;
    this.#now = now;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.until <= this.#now()) return undefined;
    this.#entries.set(key, entry); // to the end of the line: a Map keeps the order of insertion
    return entry.value;
  }

  set(key: string, value: V, ttlMs: number): void {
    this.#entries.delete(key);
    if (this.#entries.size >= this.#max) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    this.#entries.set(key, { value, until: this.#now() + ttlMs });
  }

  get size(): number {
    return this.#entries.size;
  }
}
