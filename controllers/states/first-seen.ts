/**
 * Since when objects were seen to be wrong, where they do not say it. In memory: a process that starts
 * again has seen nothing, so it holds back what opens, and never what is open.
 */
export class FirstSeen {
  readonly #seen = new Map<string, { readonly since: number; touched: number }>();
  readonly #forgetAfterMs: number;

  /** What nobody asked for in so long is gone: wrong objects are looked at again more often than that. */
  constructor(forgetAfterMs: number) {
    this.#forgetAfterMs = forgetAfterMs;
  }

  get size(): number {
    return this.#seen.size;
  }

  /** ms; `now` when it was not seen before. */
  since(key: string, now: number): number {
    const since = this.#seen.get(key)?.since ?? now;
    // The least recently touched are first.
    this.#seen.delete(key);
    this.#seen.set(key, { since, touched: now });
    for (const [other, { touched }] of this.#seen) {
      if (now - touched < this.#forgetAfterMs) break;
      this.#seen.delete(other);
    }
    return since;
  }

  has(key: string): boolean {
    return this.#seen.has(key);
  }

  forget(key: string): void {
    this.#seen.delete(key);
  }
}
