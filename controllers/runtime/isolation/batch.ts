/**
 * Sends what comes together as one list: a look of many small messages costs one wake-up of the other thread. When a
 * list cannot be cloned, its messages go one by one and `refused` is given the culprits.
 */
export class Batch<T> {
  readonly #post: (messages: readonly T[]) => void;
  readonly #refused: (message: T, error: unknown) => void;
  #messages: T[] = [];

  constructor(post: (messages: readonly T[]) => void, refused: (message: T, error: unknown) => void) {
    this.#post = post;
    this.#refused = refused;
  }

  push(message: T): void {
    if (this.#messages.push(message) === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const messages = this.#messages;
    this.#messages = [];
    try {
      this.#post(messages);
    } catch {
      for (const message of messages) this.#postAlone(message);
    }
  }

  #postAlone(message: T): void {
    try {
      this.#post([message]);
    } catch (error) {
      this.#refused(message, error);
    }
  }
}
