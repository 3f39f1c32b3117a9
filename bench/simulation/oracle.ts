import type { SimulatedRun } from './month.ts';
import { SCENARIO } from './objects.ts';

/** What is known of one issue, by the oracle and by the database. */
export interface Expected {
  readonly state: 'Active' | 'Resolved';
  readonly reason: 'Recovered' | 'Expired' | undefined;
  readonly reopened: number;
  /** Failing runs. */
  readonly occurrences: number;
}

export interface Totals {
  opened: number;
  reopened: number;
  recovered: number;
  expired: number;
}

const PULL_REQUEST_EXPIRY = 14 * 86_400_000;

/**
 * Which issues there are after these runs, in twenty lines that know neither reports nor order keys nor SQL: whatever is
 * built or tested has an issue since a run of it failed for the first time, and the last run says whether it is open.
 */
export class Oracle {
  readonly totals: Totals = { opened: 0, reopened: 0, recovered: 0, expired: 0 };
  readonly #issues = new Map<string, Expected>();
  /** Open ones of pull requests: when they expire. */
  readonly #expiry = new Map<string, number>();

  /** In the order in which they ended. */
  ran(run: SimulatedRun): void {
    if (run.result === 'cancelled') return;
    const id = subjectOf(run);
    const known = this.#issues.get(id);
    this.#expiry.delete(id);
    if (run.result === 'succeeded') {
      if (known?.state !== 'Active') return;
      this.totals.recovered++;
      this.#issues.set(id, { ...known, state: 'Resolved', reason: 'Recovered' });
      return;
    }
    if (known === undefined) this.totals.opened++;
    const again = known?.state === 'Resolved' ? 1 : 0;
    this.totals.reopened += again;
    const [reopened, occurrences] = [(known?.reopened ?? 0) + again, (known?.occurrences ?? 0) + 1];
    this.#issues.set(id, { state: 'Active', reason: undefined, reopened, occurrences });
    if (run.pullRequest !== undefined) this.#expiry.set(id, run.completedAt + PULL_REQUEST_EXPIRY);
  }

  /** Time has passed: ms since 1970. */
  swept(now: number): void {
    for (const [id, expiresAt] of this.#expiry) {
      if (expiresAt > now) continue;
      this.#expiry.delete(id);
      this.#issues.set(id, { ...(this.#issues.get(id) as Expected), state: 'Resolved', reason: 'Expired' });
      this.totals.expired++;
    }
  }

  get active(): number {
    return [...this.#issues.values()].filter(({ state }) => state === 'Active').length;
  }

  /** Where what is stored differs, in words; empty when nothing does. */
  differences(stored: ReadonlyMap<string, Expected>): string[] {
    const ids = new Set([...this.#issues.keys(), ...stored.keys()]);
    return [...ids].flatMap((id) => {
      const [expected, found] = [this.#issues.get(id), stored.get(id)].map(words);
      return expected === found ? [] : [`${id}: expected ${expected}, stored ${found}`];
    });
  }
}

function words(issue: Expected | undefined): string {
  if (issue === undefined) return 'no issue';
  const { state, reason, reopened, occurrences } = issue;
  return `${state}${reason ? ` ${reason}` : ''}, reopened ${reopened}, ${occurrences} failing runs`;
}

/** `tenant-00001/service-0/build/pr/18`: what the database calls namespace, subject and aspect. */
function subjectOf({ component, pullRequest, type }: SimulatedRun): string {
  const what = type === 'test' ? `test/${SCENARIO}` : 'build';
  const where = pullRequest === undefined ? 'push/main' : `pr/${pullRequest}`;
  return `${component.namespace}/${component.name}/${what}/${where}`;
}
