import type { Session } from './database.ts';

/** Commits that are remembered at most: under full load about 20 s of them. */
const LIMIT = 4_096;
/** ms. Shorter than the change log, so that what was trimmed is not taken for lost. */
const REMEMBERED_FOR = 600_000;

interface Commit {
  readonly from: number;
  readonly upTo: number;
  readonly changes: number;
  readonly at: number;
}

/**
 * What this process has lately committed and told its callers so. After a failover to a standby that was behind, the
 * database lacks the last of it (design.md decision 14): that is counted, and no number is given twice.
 */
export class AcknowledgedCommits {
  readonly #now: () => number;
  #commits: Commit[] = [];
  #highest = 0;

  /** `now`: ms of a clock that never jumps. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The greatest number that was given to a commit of this process. */
  get highest(): number {
    return this.#highest;
  }

  /** So many changes were committed with numbers in (`from`, `upTo`]. */
  add(from: number, upTo: number, changes: number): void {
    this.#highest = Math.max(this.#highest, upTo);
    this.#commits.push({ from, upTo, changes, at: this.#now() });
    // In halves, so that it costs nothing a commit.
    if (this.#commits.length > 2 * LIMIT) this.#commits = this.#commits.slice(-LIMIT);
  }

  /** How many of these changes the database does not have. Forgets them all, unless it throws. */
  async countLost(session: Session): Promise<number> {
    const since = this.#now() - REMEMBERED_FOR;
    const commits = this.#commits.filter(({ at }) => at >= since).slice(-LIMIT);
    this.#commits = [];
    if (commits.length === 0) return 0;
    try {
      const [row] = await session.query<{ lost: number }>(LOST, [JSON.stringify(commits)]);
      return row?.lost ?? 0;
    } catch (error) {
      this.#commits = [...commits, ...this.#commits];
      throw error;
    }
  }
}

const LOST = `
SELECT coalesce(sum(greatest(0, given.changes - (
  SELECT count(*) FROM changes c WHERE c.change > given."from" AND c.change <= given."upTo"))), 0)::bigint AS lost
FROM jsonb_to_recordset($1::jsonb) AS given("from" bigint, "upTo" bigint, changes bigint)`;
