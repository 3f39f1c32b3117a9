/** What the last look at each object came to: nothing may fail silently, so every object is in exactly one state. */
export type Outcome = 'healthy' | 'failing' | 'undecided' | 'undecidedTerminal' | 'settledUndecided' | 'failed';

export class Outcomes {
  readonly #byKey = new Map<string, Outcome>();
  readonly #counts: Record<Outcome, number> = {
    healthy: 0,
    failing: 0,
    undecided: 0,
    undecidedTerminal: 0,
    settledUndecided: 0,
    failed: 0,
  };

  get counts(): Readonly<Record<Outcome, number>> {
    return this.#counts;
  }

  get(key: string): Outcome | undefined {
    return this.#byKey.get(key);
  }

  set(key: string, outcome: Outcome): void {
    this.delete(key);
    this.#byKey.set(key, outcome);
    this.#counts[outcome]++;
  }

  delete(key: string): void {
    const outcome = this.#byKey.get(key);
    if (outcome !== undefined) this.#counts[outcome]--;
    this.#byKey.delete(key);
  }
}
