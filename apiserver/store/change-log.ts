import type { Issue } from '../../crds/issue.ts';
import type { KubernetesObject } from '../../crds/meta.ts';
import type { Database, Session } from './database.ts';
import { readIdentity } from './identity.ts';
import { issueFields, withResourceVersion } from './issue-object.ts';
import type { RecentCommits } from './recent-commits.ts';
import type { ReceivePage, StoreChanges, StoredChange } from './store.ts';
import { visibleIssues } from './visible-issues.ts';
import type { WakeUps } from './wake-ups.ts';

/** How the visible objects of a resource are read. */
export interface LoggedResource {
  /** Reads all visible objects inside the transaction of `session`. */
  readonly snapshot: (session: Session, receive: ReceivePage) => Promise<void>;
  /** Values of the selectable fields. */
  readonly fields: (object: KubernetesObject) => Record<string, string>;
}

/** Resources whose visible objects the database holds. The change log itself takes rows of any resource. */
const RESOURCES: Readonly<Record<string, LoggedResource>> = {
  issues: { snapshot: visibleIssues, fields: (object) => issueFields(object as Issue) },
};

// One statement, so that the rows and both numbers are of one moment.
const SINCE = `
SELECT m.last_change, m.change_floor, c.change, c.op, c.labels_before, c.fields_before, c.object
FROM meta m LEFT JOIN LATERAL (
  SELECT * FROM changes WHERE change > $2 AND resource = $1 ORDER BY change LIMIT $3
) c ON true
ORDER BY c.change`;

/**
 * Whoever asks for a snapshot has nothing to answer from, so it waits long rather than failing: rows are read along the index
 * of their order, but the planner may still sort all of them for the first page, and between pages a busy process takes its
 * time. It holds no lock that a commit waits for.
 */
const BEGIN_SNAPSHOT = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL enable_seqscan = on;
SET LOCAL statement_timeout = '60s'; SET LOCAL idle_in_transaction_session_timeout = '60s'`;

const BEFORE = `
SELECT c.change, p.change AS number, p.object
FROM changes c JOIN changes p ON p.change = c.change_before
WHERE c.resource = $1 AND c.change = ANY ($2::bigint[])`;

interface ChangeRow {
  last_change: number;
  change_floor: number;
  change: number | null;
  op: StoredChange['type'];
  labels_before: Record<string, string> | null;
  fields_before: Record<string, string> | null;
  object: KubernetesObject;
}

export interface ChangeLogOptions {
  readonly database: Database;
  readonly resource: string;
  readonly wakeUps: WakeUps;
  /** Default: what the store itself keeps. */
  readonly known?: LoggedResource | undefined;
  /** What this process committed a moment ago. Without it everything is read from the table. */
  readonly recent?: Pick<RecentCommits, 'after' | 'clear'> | undefined;
}

/** After so many answers from memory the table is asked, for the floor of the log: under load about once a second. */
const ANSWERS_FROM_MEMORY = 64;

/** The change log of one resource: see `StoreChanges` and aggregated-api.md section 6. */
export class ChangeLog implements StoreChanges {
  readonly #database: Database;
  readonly #name: string;
  readonly #resource: LoggedResource;
  readonly #wakeUps: WakeUps;
  readonly #recent: ChangeLogOptions['recent'];
  /** What the table said last, how many surprises there had been by then, and how often it was not asked since. */
  #asked = { floor: 0, surprises: -1, ago: 0 };

  /** Throws when nothing is known of the resource. */
  constructor({ database, resource, wakeUps, known = RESOURCES[resource], recent }: ChangeLogOptions) {
    if (!known) throw new Error(`the store keeps no resource "${resource}", only ${Object.keys(RESOURCES).join(', ')}`);
    this.#database = database;
    this.#name = resource;
    this.#resource = known;
    this.#wakeUps = wakeUps;
    this.#recent = recent;
  }

  /** Exact at `resourceVersion`: the number and the rows are read in one repeatable-read transaction. */
  async snapshot(
    receive?: ReceivePage,
  ): Promise<{ resourceVersion: number; floor: number; objects: KubernetesObject[] }> {
    this.#recent?.clear();
    return this.#database.transaction(BEGIN_SNAPSHOT, async (session) => {
      const { last_change, change_floor } = await numbers(session);
      const objects: KubernetesObject[] = [];
      await this.#resource.snapshot(session, receive ?? ((page) => void objects.push(...page)));
      return { resourceVersion: last_change, floor: change_floor, objects };
    });
  }

  async since(after: number, limit: number): Promise<{ changes: StoredChange[]; upTo: number; floor: number }> {
    const { surprises } = this.#wakeUps;
    const { floor, ago } = this.#asked;
    const recent =
      this.#asked.surprises === surprises && ago < ANSWERS_FROM_MEMORY ? this.#recent?.after(after, limit) : undefined;
    if (recent) {
      this.#asked.ago += 1;
      return { ...recent, floor };
    }
    const rows = await this.#database.query<ChangeRow>(SINCE, [this.#name, after, limit], {
      name: 'faultline-since',
    });
    const [first] = rows;
    if (!first) throw new Error('the table meta has no row');
    this.#asked = { floor: first.change_floor, surprises, ago: 0 };
    const changes = rows.flatMap((row) =>
      row.change === null ? [] : [storedChange(row, row.change, this.#resource.fields)],
    );
    const last = changes.at(-1);
    // A full page may end before the last commit; the caller then asks again from where it ended.
    const upTo = last && changes.length === limit ? last.resourceVersion : Math.max(first.last_change, after);
    return { changes, upTo, floor: first.change_floor };
  }

  async before(changes: readonly number[]): Promise<{ change: number; object: KubernetesObject }[]> {
    const rows = await this.#database.query<{ change: number; number: number; object: KubernetesObject }>(BEFORE, [
      this.#name,
      changes,
    ]);
    return rows.map(({ change, number, object }) => ({ change, object: withResourceVersion(object, number) }));
  }

  async latest(): Promise<number> {
    return readLatest(this.#database);
  }

  wakeUps(signal: AbortSignal): AsyncIterable<void> {
    return this.#wakeUps.subscribe(signal);
  }

  async identity(): Promise<string> {
    return this.#database.session((session) => readIdentity(session, this.#database.embedded));
  }
}

/** The last committed number of all resources. */
export async function readLatest(database: Database): Promise<number> {
  return database.session(async (session) => (await numbers(session)).last_change);
}

async function numbers(session: Session): Promise<{ last_change: number; change_floor: number }> {
  const [row] = await session.query<{ last_change: number; change_floor: number }>(
    'SELECT last_change, change_floor FROM meta',
    [],
    { name: 'faultline-numbers' },
  );
  if (!row) throw new Error('the table meta has no row');
  return row;
}

/** The log keeps of the version before only what differs from, or may differ from, the object of the change. */
function storedChange(row: ChangeRow, change: number, fieldsOf: LoggedResource['fields']): StoredChange {
  const { op, object, labels_before, fields_before } = row;
  const versioned = { resourceVersion: change, type: op, object: withResourceVersion(object, change) };
  if (op === 'ADDED') return versioned;
  const labels = labels_before ?? object.metadata.labels ?? {};
  return { ...versioned, previous: { labels, fields: { ...fieldsOf(object), ...fields_before } } };
}
