import type { KubernetesObject } from '../../crds/meta.ts';
import { ChangeLog, type LoggedResource } from './change-log.ts';
import { COMMIT_BEGIN, WAKE } from './commit-sql.ts';
import type { Database, Prepared, Session } from './database.ts';
import { withResourceVersion } from './issue-object.ts';
import type { RecentCommits } from './recent-commits.ts';
import { Fenced, NotYetFilled, type ObjectKey, type ObjectWrite, type ResourceLog } from './resource-log.ts';
import type { ReceivePage } from './store.ts';
import type { WakeUps } from './wake-ups.ts';

/** How long the right to write lasts after it was last asked for. */
const LEASE_MS = 15_000;
/** Rows a round trip of a snapshot. */
const PAGE = 200;

/** The port `ResourceLog` in SQL. Reads are those of every change log; made by `SqlStore.resourceLog`. */
export class SqlResourceLog extends ChangeLog implements ResourceLog {
  readonly #database: Database;
  readonly #resource: string;
  readonly #wakeUps: WakeUps;
  readonly #clockOffset: () => number;

  /** `clockOffset`: µs, added to the database clock. `issues`: what this process did to issues a moment ago. */
  constructor(
    database: Database,
    resource: string,
    wakeUps: WakeUps,
    clockOffset: () => number,
    issues?: Pick<RecentCommits, 'quietAfter'>,
  ) {
    // What a selectable field was before is always in the log.
    const known: LoggedResource = { snapshot: (...to) => visibleObjects(resource, ...to), fields: () => ({}) };
    // Reports of issues wake every feed up: they need not all read the same rows to learn that none is theirs.
    const after = (from: number): { changes: []; upTo: number } | undefined => {
      const upTo = issues?.quietAfter(from);
      return upTo === undefined ? undefined : { changes: [], upTo };
    };
    super({ database, resource, wakeUps, known, recent: { after, clear: () => {} } });
    this.#database = database;
    this.#resource = resource;
    this.#wakeUps = wakeUps;
    this.#clockOffset = clockOffset;
  }

  async lead(holder: string): Promise<number | undefined> {
    const [row] = await this.#database.query<{ epoch: number }>(LEAD, [
      this.#resource,
      holder,
      LEASE_MS,
      // One process has the folder: whoever held the lease is dead.
      this.#database.embedded,
      this.#clockOffset(),
    ]);
    return row?.epoch;
  }

  async release(holder: string): Promise<void> {
    await this.#database.query(`UPDATE feeds SET expires_at = 'epoch' WHERE resource = $1 AND holder = $2`, [
      this.#resource,
      holder,
    ]);
  }

  async keys(): Promise<ObjectKey[]> {
    return this.#database.slowQuery<ObjectKey>('SELECT namespace, name FROM objects WHERE resource = $1', [
      this.#resource,
    ]);
  }

  async read(keys: readonly ObjectKey[]): Promise<KubernetesObject[]> {
    const rows = await this.#database.query<ObjectRow>(
      `SELECT o.namespace, o.name, o.object, o.change FROM unnest($2::text[], $3::text[]) AS k(namespace, name)
       JOIN objects o ON o.resource = $1 AND o.namespace = k.namespace AND o.name = k.name`,
      [this.#resource, keys.map(({ namespace }) => namespace), keys.map(({ name }) => name)],
    );
    return rows.map(versioned);
  }

  async write(epoch: number, writes: readonly ObjectWrite[]): Promise<void> {
    if (writes.length === 0) return;
    const rows = writes.map(writeRow);
    const values = [this.#resource, epoch, JSON.stringify(rows), writes.length, this.#clockOffset()];
    const results = await this.#database.transactionScript([COMMIT_BEGIN, { execute: WRITE, values }, 'COMMIT']);
    const row = results[1]?.[0] as { ok: boolean } | undefined;
    if (!row?.ok) throw this.#fenced();
    this.#wakeUps.notify();
  }

  async complete(epoch: number): Promise<void> {
    const rows = await this.#database.query(
      'UPDATE feeds SET filled = true WHERE resource = $1 AND epoch = $2 RETURNING 1',
      [this.#resource, epoch],
    );
    if (rows.length === 0) throw this.#fenced();
  }

  async filled(): Promise<boolean> {
    const [feed] = await this.#database.query<{ filled: boolean }>('SELECT filled FROM feeds WHERE resource = $1', [
      this.#resource,
    ]);
    return feed?.filled ?? false;
  }

  #fenced(): Fenced {
    return new Fenced(`another server writes ${this.#resource} now`);
  }
}

interface ObjectRow extends ObjectKey {
  readonly object: KubernetesObject;
  readonly change: number;
}

const now = (offset: string): string => `(now() + ${offset}::float8 * interval '1 microsecond')`;

const LEAD = `
INSERT INTO feeds AS f (resource, holder, epoch, expires_at)
VALUES ($1, $2, 1, ${now('$5')} + $3::float8 * interval '1 millisecond')
ON CONFLICT (resource) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at,
  epoch = CASE WHEN f.holder = excluded.holder THEN f.epoch ELSE f.epoch + 1 END
WHERE f.holder = excluded.holder OR f.expires_at <= ${now('$5')} OR $4::boolean
RETURNING f.epoch`;

/**
 * Under the commit's lock, like every write that takes numbers, and only in the term that the epoch names: $1 resource,
 * $2 epoch, $3 rows, $4 how many, $5 clock offset in µs. json, not jsonb, keeps objects as they were written.
 *
 * The term is held until the commit: the next one begins (LEAD) when everything of this one can be read.
 */
const WRITE: Prepared = {
  name: 'faultline_write_objects',
  types: ['text', 'bigint', 'text', 'bigint', 'float8'],
  sql: `
WITH held AS MATERIALIZED (
  SELECT epoch FROM feeds WHERE resource = $1 AND epoch = $2 FOR SHARE
), term AS MATERIALIZED (
  SELECT current_setting('faultline.locked', true) = 'on' AND EXISTS (SELECT FROM held) AS ok
), x AS MATERIALIZED (
  SELECT r.* FROM json_to_recordset($3::json) AS r(place int, op text, namespace text, name text, uid uuid,
    labels_before jsonb, fields_before jsonb, object json)
  WHERE (SELECT ok FROM term)
), counter AS (
  UPDATE meta SET last_change = last_change + $4 WHERE (SELECT ok FROM term) RETURNING last_change - $4 AS base
), stored AS (
  INSERT INTO objects (resource, namespace, name, object, change)
  SELECT $1, x.namespace, x.name, x.object, (SELECT base FROM counter) + x.place FROM x WHERE x.op <> 'DELETED'
  ON CONFLICT (resource, namespace, name) DO UPDATE SET object = excluded.object, change = excluded.change
), removed AS (
  DELETE FROM objects o USING x
  WHERE x.op = 'DELETED' AND o.resource = $1 AND o.namespace = x.namespace AND o.name = x.name
), logged AS (
  INSERT INTO changes (change, resource, namespace, name, uid, op, labels_before, fields_before, change_before, object, at)
  SELECT (SELECT base FROM counter) + x.place, $1, x.namespace, x.name, x.uid, x.op, x.labels_before, x.fields_before,
    (SELECT o.change FROM objects o WHERE o.resource = $1 AND o.namespace = x.namespace AND o.name = x.name),
    x.object, ${now('$5')} FROM x
)
SELECT (SELECT ok FROM term) AS ok, (SELECT ${WAKE} FROM counter) AS woken`,
};

function writeRow({ op, object, previous }: ObjectWrite, index: number): object {
  const { namespace = '', name, uid } = object.metadata;
  return {
    ...{ place: index + 1, op, namespace, name, uid, object },
    ...(previous && { labels_before: previous.labels, fields_before: previous.fields }),
  };
}

function versioned({ object, change }: ObjectRow): KubernetesObject {
  return withResourceVersion(object, change);
}

async function visibleObjects(resource: string, session: Session, receive: ReceivePage): Promise<void> {
  const [feed] = await session.query<{ filled: boolean }>('SELECT filled FROM feeds WHERE resource = $1', [resource]);
  if (!feed?.filled) throw new NotYetFilled(`the source of ${resource} has not been read completely yet`);
  for (let after: ObjectKey = { namespace: '', name: '' }; ; ) {
    const rows: ObjectRow[] = await session.query<ObjectRow>(
      `SELECT namespace, name, object, change FROM objects WHERE resource = $1 AND (namespace, name) > ($2, $3)
       ORDER BY namespace, name LIMIT ${PAGE}`,
      [resource, after.namespace, after.name],
      { timeoutMs: 60_000 },
    );
    receive(rows.map(versioned));
    after = rows.at(-1) ?? after;
    if (rows.length < PAGE) return;
  }
}
