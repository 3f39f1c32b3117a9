/**
 * Joins concurrent callers into one read without giving anybody an answer that is older than their question: who asks
 * while a read is on its way waits for the next one, because the one under way may have looked before something
 * happened that the caller already knows of. At most one read runs at a time.
 */
export class SharedRead<T> {
  readonly #read: () => Promise<T>;
  #running = false;
  #next: PromiseWithResolvers<T> | undefined;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** The result of a read that began after this call. */
  read(): Promise<T> {
    if (!this.#running) return this.#begin();
    this.#next ??= Promise.withResolvers<T>();
    return this.#next.promise;
  }

  #begin(): Promise<T> {
    this.#running = true;
    const result = this.#read();
    const settled = (): void => {
      const next = this.#next;
      this.#next = undefined;
      this.#running = false;
      if (next) this.#begin().then(next.resolve, next.reject);
    };
    result.then(settled, settled);
    return result;
  }
}
