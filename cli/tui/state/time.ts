import { withIssues } from './places.ts';
import { ISSUES, placeOf, type State } from './state.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** As long as the server keeps what is over, unless it is told otherwise. */
export const LONGEST_MS = 90 * DAY_MS;
const MINUTE_MS = 60_000;

/** So much later or earlier; from now on it is how it is. */
export function scrubbed(state: State, by: number, now: number): State {
  const { view } = placeOf(state);
  const from = view.kind === 'issues' ? (view.asOf ?? now) : now;
  // Whole minutes: the same key twice asks the same question.
  const at = Math.max(now - LONGEST_MS, Math.floor((from + by) / MINUTE_MS) * MINUTE_MS);
  return withIssues(state, { asOf: at >= now - MINUTE_MS / 2 ? undefined : at }, ISSUES);
}
