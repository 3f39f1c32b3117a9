/**
 * Gives equal texts of many objects one place in memory: severities, reasons, sources, namespaces and label values are few,
 * and every object would bring its own copy. Texts that hardly repeat pass through; it forgets all when it is full, so
 * that it stays small.
 */
export class Strings {
  readonly #known = new Map<string, string>();
  readonly #max: number;

  constructor(max = 4_096) {
    this.#max = max;
  }

  of(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.#known.size === this.#max) this.#known.clear();
    this.#known.set(text, text);
    return text;
  }

  /** A copy with shared values. */
  values(record: Readonly<Record<string, string>>): Record<string, string> {
    const copy = { ...record };
    for (const key of Object.keys(copy)) copy[key] = this.of(copy[key] as string);
    return copy;
  }
}
