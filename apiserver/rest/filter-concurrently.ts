/**
 * Those of `items` that pass, in their order, with at most `concurrency` questions at one time. Rejects with the first error;
 * then nobody asks on.
 */
export async function filterConcurrently<T>(
  items: readonly T[],
  passes: (item: T) => boolean | Promise<boolean>,
  concurrency: number,
): Promise<T[]> {
  const passed = new Set<number>();
  const remaining = items.entries();
  async function work(): Promise<void> {
    for (const [index, item] of remaining) {
      const answer = passes(item);
      if (answer instanceof Promise ? await answer : answer) passed.add(index);
    }
  }
  const failed = (error: unknown): never => {
    for (const _ of remaining); // nobody asks on
    throw error;
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, () => work().catch(failed)));
  return items.filter((_, index) => passed.has(index));
}
