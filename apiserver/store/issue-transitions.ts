import type { Issue } from '../../crds/issue.ts';
import { LABELS } from '../../crds/names.ts';
import type { Database } from './database.ts';
import { FLAPPING } from './flapping.ts';
import { withResourceVersion } from './issue-object.ts';
import { micros } from './issue-row.ts';

/**
 * What became of an issue: the moments that somebody may want to be told about. `flapping`: it opened again once too often;
 * while that lasts, opening and resolving are no news.
 */
export type TransitionKind = 'opened' | 'reopened' | 'resolved' | 'flapping';

export interface IssueTransition {
  readonly kind: TransitionKind;
  /** Number of the change: unique, and increasing in the order of commits. */
  readonly change: number;
  /** When it was committed, ms. */
  readonly at: number;
  /** As it was served then. */
  readonly issue: Issue;
}

export interface TransitionPage {
  readonly transitions: readonly IssueTransition[];
  /** The number up to which the log was read. */
  readonly upTo: number;
  /** There may be more now. */
  readonly more: boolean;
  /** The last change of the log. */
  readonly latest: number;
}

/** The transitions in the change log, for somebody who acts on each once and remembers how far it came. */
export interface IssueTransitions {
  /** Where to go on: the position that was saved, at the first time the end of the log. Throws StoreUnavailable. */
  begin(): Promise<number>;
  /** The next ones after `after`, at most `limit`. Throws StoreUnavailable. */
  since(after: number, limit: number): Promise<TransitionPage>;
  /** Never goes back. Throws StoreUnavailable. */
  save(change: number): Promise<void>;
}

// A change of the state changes a label, and the log keeps the labels before only when one changed: of the many changes
// that are none, nothing is read but that.
const SINCE = `
SELECT m.last_change, c.change, c.op, c.state_before, c.object, c.at
FROM meta m LEFT JOIN LATERAL (
  SELECT change, op, labels_before->>'${LABELS.state}' AS state_before, object, ${micros('at')} AS at FROM changes
  WHERE change > $1 AND resource = 'issues' AND (op = 'ADDED' OR (op = 'MODIFIED' AND labels_before IS NOT NULL))
  ORDER BY change LIMIT $2
) c ON true
ORDER BY c.change`;

interface Row {
  last_change: number;
  change: number | null;
  op: 'ADDED' | 'MODIFIED';
  state_before: string | null;
  object: Omit<Issue, 'metadata'> & { metadata: Omit<Issue['metadata'], 'resourceVersion'> };
  at: number;
}

/** In SQL; `name` is the follower's, one row of `positions` each. */
export class SqlIssueTransitions implements IssueTransitions {
  readonly #database: Database;
  readonly #name: string;

  constructor(database: Database, name: string) {
    this.#database = database;
    this.#name = name;
  }

  async begin(): Promise<number> {
    const stored = () =>
      this.#database.query<{ change: number }>('SELECT change FROM positions WHERE name = $1', [this.#name]);
    const [found] = await stored();
    if (found) return found.change;
    await this.#database.query(
      'INSERT INTO positions (name, change) SELECT $1, last_change FROM meta ON CONFLICT (name) DO NOTHING',
      [this.#name],
    );
    const [made] = await stored();
    if (!made) throw new Error(`the position of ${this.#name} is not there although it was just made`);
    return made.change;
  }

  async since(after: number, limit: number): Promise<TransitionPage> {
    const rows = await this.#database.query<Row>(SINCE, [after, limit], { name: 'faultline-transitions' });
    const changes = rows.filter((row): row is Row & { change: number } => row.change !== null);
    const more = changes.length === limit;
    const latest = Math.max(rows[0]?.last_change ?? after, after);
    const upTo = more ? (changes.at(-1)?.change ?? after) : latest;
    return { transitions: changes.flatMap(transition), upTo, more, latest };
  }

  async save(change: number): Promise<void> {
    await this.#database.query('UPDATE positions SET change = greatest(change, $2) WHERE name = $1', [
      this.#name,
      change,
    ]);
  }
}

function transition(row: Row & { change: number }): IssueTransition[] {
  const kind = kindOf(row);
  if (kind === undefined) return [];
  const { change, at, object } = row;
  return [{ kind, change, at: at / 1_000, issue: withResourceVersion(object, change) }];
}

function kindOf({ op, state_before: before, object: { status } }: Row): TransitionKind | undefined {
  if (op === 'MODIFIED' && before === status.state) return undefined;
  const flapping = status.conditions.find(({ type }) => type === FLAPPING);
  // It begins with the episode with which it begins (flapping.ts): any other change of state happens meanwhile.
  if (flapping) {
    return status.state === 'Active' && flapping.lastTransitionTime === status.openedAt ? 'flapping' : undefined;
  }
  if (status.state === 'Resolved') return op === 'MODIFIED' ? 'resolved' : undefined;
  return status.reopened > 0 ? 'reopened' : 'opened';
}
