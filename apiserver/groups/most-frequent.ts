/** Distinct items by `keyOf`, what is there most often first, then by key. Of equal ones the first. */
export function mostFrequent<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): { readonly item: T; readonly times: number }[] {
  const found = new Map<string, { item: T; times: number }>();
  for (const item of items) {
    const key = keyOf(item);
    const entry = found.get(key);
    if (entry) entry.times += 1;
    else found.set(key, { item, times: 1 });
  }
  return [...found].sort(([a, x], [b, y]) => y.times - x.times || compare(a, b)).map(([, entry]) => entry);
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
