/** What an evaluation may cost is used up. Thrown through the library on purpose: no `||` of an expression may absorb it. */
export class BudgetExceeded extends Error {
  override readonly name = 'BudgetExceeded';
}

/**
 * How much an evaluation may do, in units: about one node of an expression that is evaluated, or 16 characters or one
 * item that a function looks at. Counted, not timed, so that an expression fails on every machine or on none.
 */
export class Budget {
  readonly #parent: Budget | undefined;
  readonly limit: number;
  #spent = 0;

  /** `parent` pays too: many evaluations share one larger limit. */
  constructor(limit: number, parent?: Budget) {
    this.limit = limit;
    this.#parent = parent;
  }

  get spent(): number {
    return this.#spent;
  }

  /** Throws BudgetExceeded when less is left. */
  spend(units: number): void {
    this.#spent += units;
    if (this.#spent > this.limit) {
      throw new BudgetExceeded(`costs more than ${this.limit} units: it looks at too much of the payload`);
    }
    this.#parent?.spend(units);
  }
}
