import type { Relation } from '../../store/store.ts';

/**
 * Questions for the links of issues, asked together: while one is answered, the next ones become one. Every webhook about an
 * issue that is known asks, and hardly any issue has links.
 */
export class SharedRelations {
  readonly #read: (ids: readonly string[]) => Promise<Relation[]>;
  #running = 0;
  #next: { readonly ids: Set<string>; readonly answer: PromiseWithResolvers<Relation[]> } | undefined;

  constructor(read: (ids: readonly string[]) => Promise<Relation[]>) {
    this.#read = read;
  }

  /** The links of these issues as they were stored when this was called, or later. */
  async of(ids: readonly string[]): Promise<Relation[]> {
    if (ids.length === 0) return [];
    this.#next ??= { ids: new Set(), answer: Promise.withResolvers() };
    const { ids: all, answer } = this.#next;
    for (const id of ids) all.add(id);
    if (this.#running === 0) void this.#run();
    const wanted = new Set(ids);
    return (await answer.promise).filter(({ sourceId, targetId }) => wanted.has(sourceId) || wanted.has(targetId));
  }

  async #run(): Promise<void> {
    this.#running += 1;
    // What arrives in the same turn of the event loop shares the first question.
    await Promise.resolve();
    while (this.#next) {
      const { ids, answer } = this.#next;
      this.#next = undefined;
      await this.#read([...ids]).then(answer.resolve, answer.reject);
    }
    this.#running -= 1;
  }
}
