import { RetryAfter } from '../runtime/plugin.ts';
import { UNITS_A_LOOK } from './evaluate.ts';

/** A seventh of a core at worst, as for receivers: 100,000 units take up to 70 ms. */
export const UNITS_A_SECOND = 200_000;
export const UNITS_AT_ONCE = 40 * UNITS_A_LOOK;
const MAX_WAIT_MS = 60_000;

/**
 * How much evaluation a tenant may ask for, in units of cel/budget.ts: the rules of one namespace together, each rule of
 * the cluster alone. What comes too early is looked at later.
 */
export class RuleGate {
  readonly #spent = new Map<string, { units: number; at: number }>();

  /** Before a look. Throws RetryAfter when the rules of `tenant` have used up what they had. */
  enter(tenant: string, now: number): void {
    const over = this.#debt(tenant, now) - UNITS_AT_ONCE;
    if (over < 0) return;
    const ms = Math.min(MAX_WAIT_MS, 1_000 + (over / UNITS_A_SECOND) * 1_000);
    throw new RetryAfter(
      ms,
      `too many or too costly looks of ${tenant}: ${UNITS_A_SECOND} units a second are evaluated`,
    );
  }

  /** After a look. */
  leave(tenant: string, units: number, now: number): void {
    const debt = this.#debt(tenant, now) + units;
    this.#spent.delete(tenant);
    if (debt > 0) this.#spent.set(tenant, { units: debt, at: now });
  }

  forget(tenant: string): void {
    this.#spent.delete(tenant);
  }

  /** What was spent and time has not paid yet. */
  #debt(tenant: string, now: number): number {
    const spent = this.#spent.get(tenant);
    if (spent === undefined) return 0;
    return Math.max(0, spent.units - (Math.max(0, now - spent.at) / 1_000) * UNITS_A_SECOND);
  }
}
