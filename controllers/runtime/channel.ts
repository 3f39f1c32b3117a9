/** A queue from callbacks to one `for await`: unbounded, because what is pushed is held elsewhere anyway. */
export class Channel<T> implements AsyncIterable<T> {
  #items: T[] = [];
  #wake = Promise.withResolvers<void>();
  #closed = false;

  push(item: T): void {
    if (this.#closed) return;
    this.#items.push(item);
    this.#wake.resolve();
  }

  /** Ends the iteration; what was not read yet is dropped. */
  close(): void {
    this.#closed = true;
    this.#wake.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    while (!this.#closed) {
      const items = this.#items;
      this.#items = [];
      for (const item of items) {
        if (this.#closed) return;
        yield item;
      }
      if (this.#items.length > 0) continue;
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
  }
}
