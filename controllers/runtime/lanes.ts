/** First in, first out within a lane; the lanes take turns. A key is in one lane at most once. */
export class Lanes {
  /** Map and Set keep insertion order: the first lane is the one whose turn it is. */
  readonly #lanes = new Map<string, Set<string>>();

  add(lane: string, key: string): void {
    const keys = this.#lanes.get(lane);
    if (keys === undefined) this.#lanes.set(lane, new Set([key]));
    else keys.add(key);
  }

  remove(lane: string, key: string): boolean {
    const keys = this.#lanes.get(lane);
    if (!keys?.delete(key)) return false;
    if (keys.size === 0) this.#lanes.delete(lane);
    return true;
  }

  take(): string | undefined {
    for (const [lane, keys] of this.#lanes) {
      const [key] = keys;
      if (key === undefined) continue;
      keys.delete(key);
      this.#lanes.delete(lane);
      if (keys.size > 0) this.#lanes.set(lane, keys);
      return key;
    }
    return undefined;
  }
}
