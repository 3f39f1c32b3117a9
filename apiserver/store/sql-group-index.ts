import { type IssueSpec, type IssueState, SEVERITIES } from '../../crds/issue.ts';
import { readLatest } from './change-log.ts';
import type { Database } from './database.ts';
import type {
  GroupIndex,
  GroupTally,
  IndexEntry,
  IndexedIssue,
  IndexedMember,
  Members,
  StaleGroup,
  UnknownIssue,
} from './group-index.ts';
import { EPISODES, TALLY, type TallyRow, tallyOf } from './group-tally-sql.ts';
import { micros } from './issue-row.ts';
import type { ObjectKey } from './resource-log.ts';

/** Changes that are looked at in one statement. */
const CHANGES = 50_000;
/** Members a round trip. */
const PAGE = 200;
/** Issues that one step of a scan looks at. */
const SCAN = 1_000;
/** For statements that read very many rows: nobody waits for them. */
const SLOW = `BEGIN; SET LOCAL statement_timeout = '60s'; SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on`;

/** The port `GroupIndex` in SQL; made by `SqlStore.groupIndex`. */
export class SqlGroupIndex implements GroupIndex {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async position(follower: string): Promise<number | undefined> {
    const [row] = await this.#database.query<{ change: number }>(
      'SELECT p.change FROM positions p JOIN meta m ON p.change >= m.change_floor WHERE p.name = $1',
      [nameOf(follower)],
    );
    return row?.change;
  }

  async save(follower: string, change: number): Promise<void> {
    await this.#database.query(
      `WITH others AS (DELETE FROM positions WHERE name LIKE '${nameOf('%')}' AND name <> $1)
       INSERT INTO positions AS p (name, change) VALUES ($1, $2)
       ON CONFLICT (name) DO UPDATE SET change = greatest(p.change, excluded.change)`,
      [nameOf(follower), change],
    );
  }

  latest(): Promise<number> {
    return readLatest(this.#database);
  }

  async changed(after: number): Promise<{ keys: ObjectKey[]; upTo: number; more: boolean }> {
    const rows = await this.#slow<{ upto: number; more: boolean; namespace: string | null; name: string }>(CHANGED, [
      after,
    ]);
    const keys = rows.flatMap(({ namespace, name }) => (namespace === null ? [] : [{ namespace, name }]));
    return { keys, upTo: Math.max(rows[0]?.upto ?? after, after), more: rows[0]?.more ?? false };
  }

  async scan(after: string | undefined): Promise<{ issues: IndexedIssue[]; next: string | undefined }> {
    const rows = await this.#slow<ScanRow>(SCANNED, [after ?? NO_ID]);
    const issues = rows.flatMap((row) => (row.spec === null ? [] : [issueOf(row as IssueRow)]));
    return { issues, next: rows.length < SCAN ? undefined : rows.at(-1)?.id };
  }

  async read(keys: readonly ObjectKey[]): Promise<(IndexedIssue | UnknownIssue)[]> {
    const rows = await this.#database.query<IssueRow | { id: null; namespace: string; name: string }>(
      `SELECT ${COLUMNS}, k.namespace, k.name FROM unnest($1::text[], $2::text[]) AS k(namespace, name)
       LEFT JOIN issues i ON i.namespace = k.namespace AND i.name = k.name
       LEFT JOIN group_members g ON g.namespace = k.namespace AND g.name = k.name
       WHERE i.id IS NOT NULL OR g.name IS NOT NULL`,
      [keys.map(({ namespace }) => namespace), keys.map(({ name }) => name)],
    );
    return rows.map((row) =>
      row.id === null ? { namespace: row.namespace, name: row.name } : issueOf(row as IssueRow),
    );
  }

  async write(entries: readonly IndexEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const rows = entries.map(({ namespace, name, change, indexed }) => ({ namespace, name, change, ...indexed }));
    await this.#database.query(WRITE, [JSON.stringify(rows)]);
  }

  async prune(): Promise<number> {
    const [row] = await this.#slow<{ count: number }>(PRUNE, []);
    return row?.count ?? 0;
  }

  async markAll(resource: string): Promise<void> {
    await this.#slow(
      `INSERT INTO stale_groups (name)
       SELECT group_name FROM group_members UNION SELECT name FROM objects WHERE resource = $1 ${REMARK}`,
      [resource],
    );
  }

  async stale(limit: number): Promise<StaleGroup[]> {
    return this.#database.query<StaleGroup>('SELECT name, mark FROM stale_groups ORDER BY name LIMIT $1', [limit]);
  }

  async settle(groups: readonly StaleGroup[]): Promise<void> {
    await this.#database.query(
      `DELETE FROM stale_groups s USING unnest($1::text[], $2::uuid[]) AS d(name, mark)
       WHERE s.name = d.name AND s.mark = d.mark`,
      [groups.map(({ name }) => name), groups.map(({ mark }) => mark)],
    );
  }

  async *members(groups: readonly string[], namespaces?: readonly string[]): AsyncGenerator<IndexedMember[]> {
    for (let after: readonly string[] = ['', '', '']; ; ) {
      const rows = await this.#database.query<MemberRow>(MEMBERS, [groups, namespaces ?? null, ...after, PAGE]);
      const last = rows.at(-1);
      if (last) yield rows.map(memberOf);
      if (!last || rows.length < PAGE) return;
      after = [last.group_name, last.namespace, last.name];
    }
  }

  async crowded(groups: readonly string[], beyond: number, namespaces?: readonly string[]): Promise<readonly string[]> {
    if (groups.length === 0) return [];
    const values = [groups, beyond, ...(namespaces ? [namespaces] : [])];
    const rows = await this.#database.query<{ name: string }>(crowdedIn(namespaces !== undefined), values);
    return rows.map(({ name }) => name);
  }

  async tally(group: string, namespaces?: readonly string[]): Promise<GroupTally | undefined> {
    const [row] = await this.#slow<TallyRow>(TALLY, [group, namespaces ?? null]);
    return row && tallyOf(row);
  }

  async *foremost(group: string, most: Members, namespaces?: readonly string[]): AsyncGenerator<IndexedMember[]> {
    const chosen = await this.#slow<{ id: string }>(FOREMOST, [group, namespaces ?? null, most.open, most.resolved]);
    const ids = chosen.map(({ id }) => id);
    for (let from = 0; from < ids.length; from += PAGE) {
      const rows = await this.#database.query<MemberRow>(MEMBERS_BY_ID, [group, ids.slice(from, from + PAGE)]);
      if (rows.length > 0) yield rows.map(memberOf);
    }
  }

  async names(resource: string, after: string, limit: number, namespaces?: readonly string[]): Promise<string[]> {
    const rows = await this.#database.query<{ name: string }>(
      `SELECT o.name FROM objects o WHERE o.resource = $1 AND o.namespace = '' AND o.name > $2
         AND ($4::text[] IS NULL OR EXISTS (
           SELECT FROM group_members g WHERE g.group_name = o.name AND g.namespace = ANY ($4)))
       ORDER BY o.name LIMIT $3`,
      [resource, after, limit, namespaces ?? null],
    );
    return rows.map(({ name }) => name);
  }

  async #slow<Row>(sql: string, values: readonly unknown[]): Promise<Row[]> {
    return this.#database.transaction(SLOW, (session) => session.query<Row>(sql, values, { timeoutMs: 60_000 }));
  }
}

function nameOf(follower: string): string {
  return `groups.${follower}`;
}

const NO_ID = '00000000-0000-0000-0000-000000000000';

const COLUMNS = `i.id, i.namespace, i.name, i.spec, i.state, ${micros('i.opened_at')} AS opened_at,
  ${micros('i.resolved_at')} AS resolved_at, i.hidden_at IS NOT NULL AS hidden, i.observed->>'name' AS observed_name,
  i.change, g.group_name, g.digest`;

// Of a hidden issue without a group only its id is read: most of what is stored is that.
const SCANNED = `
SELECT ${COLUMNS.replace('i.id, ', '').replace('i.spec', 's.spec')}, s.id FROM (
  SELECT id, CASE WHEN hidden_at IS NULL OR spec->>'group' <> '' THEN spec END AS spec
  FROM issues WHERE id > $1::uuid ORDER BY id LIMIT ${SCAN}
) s LEFT JOIN issues i ON i.id = s.id AND s.spec IS NOT NULL
LEFT JOIN group_members g ON g.namespace = i.namespace AND g.name = i.name
ORDER BY s.id`;

// The counter jumps at a start, so a stretch is so many rows, not so many numbers.
const CHANGED = `
WITH s AS MATERIALIZED (
  SELECT m.last_change, (
    SELECT c.change FROM changes c WHERE c.change > $1 ORDER BY c.change OFFSET ${CHANGES - 1} LIMIT 1) AS full_at
  FROM meta m
)
SELECT coalesce(s.full_at, s.last_change) AS upto, s.full_at IS NOT NULL AS more, c.namespace, c.name
FROM s LEFT JOIN LATERAL (
  SELECT DISTINCT namespace, name FROM changes
  WHERE change > $1 AND change <= coalesce(s.full_at, s.last_change) AND resource = 'issues'
) c ON true`;

const REMARK = 'ON CONFLICT (name) DO UPDATE SET mark = gen_random_uuid()';

const WRITE = `
WITH x AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(namespace text, name text, change bigint, "group" text, digest text)
), before AS MATERIALIZED (
  SELECT g.group_name FROM group_members g JOIN x ON x.namespace = g.namespace AND x.name = g.name
), gone AS (
  DELETE FROM group_members g USING x
  WHERE x."group" IS NULL AND g.namespace = x.namespace AND g.name = x.name AND CASE WHEN x.change IS NOT NULL
    THEN g.change <= x.change
    ELSE NOT EXISTS (SELECT FROM issues i WHERE i.namespace = x.namespace AND i.name = x.name) END
), put AS (
  INSERT INTO group_members AS g (namespace, name, group_name, digest, change)
  SELECT x.namespace, x.name, x."group", x.digest, x.change FROM x WHERE x."group" IS NOT NULL
  ON CONFLICT (namespace, name) DO UPDATE SET group_name = excluded.group_name, digest = excluded.digest,
    change = excluded.change WHERE g.change <= excluded.change
)
INSERT INTO stale_groups (name)
SELECT "group" FROM x WHERE "group" IS NOT NULL UNION SELECT group_name FROM before ${REMARK}`;

const PRUNE = `
WITH gone AS (
  DELETE FROM group_members g
  WHERE NOT EXISTS (SELECT FROM issues i WHERE i.namespace = g.namespace AND i.name = g.name) RETURNING g.group_name
), marked AS (
  INSERT INTO stale_groups (name) SELECT DISTINCT group_name FROM gone ${REMARK}
)
SELECT count(*) AS count FROM gone`;

const MEMBER_COLUMNS = `${COLUMNS}, (
  SELECT json_agg(json_build_object('openedAt', ${micros('e.opened_at')}, 'resolvedAt', ${micros('e.resolved_at')}))
  FROM episodes e WHERE e.issue_id = i.id AND e.number <= i.reopened AND e.number > i.reopened - ${EPISODES}
) AS earlier`;

const MEMBERS = `
SELECT ${MEMBER_COLUMNS}
FROM group_members g JOIN issues i ON i.namespace = g.namespace AND i.name = g.name
WHERE g.group_name = ANY ($1) AND ($2::text[] IS NULL OR g.namespace = ANY ($2))
  AND (g.group_name, g.namespace, g.name) > ($3, $4, $5)
ORDER BY g.group_name, g.namespace, g.name LIMIT $6`;

// No further than to the member that is one too many, and only in the namespaces that are asked for.
const crowdedIn = (namespaces: boolean): string => `
SELECT asked.name FROM unnest($1::text[]) AS asked(name) WHERE EXISTS (
  SELECT FROM group_members g WHERE g.group_name = asked.name ${namespaces ? 'AND g.namespace = ANY ($3::text[])' : ''}
  OFFSET $2::bigint)`;

// A limit with an order keeps no more than that in memory. Names make the order total.
const FOREMOST = `
WITH m AS NOT MATERIALIZED (
  SELECT i.id, i.state, i.severity, i.opened_at, i.resolved_at, i.hidden_at, i.namespace, i.name
  FROM group_members g JOIN issues i ON i.namespace = g.namespace AND i.name = g.name
  WHERE g.group_name = $1 AND ($2::text[] IS NULL OR g.namespace = ANY ($2))
)
(SELECT id FROM m WHERE state = 'Active'
 ORDER BY array_position(ARRAY['${SEVERITIES.join("','")}'], severity::text), opened_at, namespace, name LIMIT $3)
UNION ALL
(SELECT id FROM m WHERE state <> 'Active'
 ORDER BY hidden_at IS NOT NULL, resolved_at DESC, namespace, name LIMIT $4)`;

const MEMBERS_BY_ID = `
SELECT ${MEMBER_COLUMNS}
FROM issues i JOIN group_members g ON g.namespace = i.namespace AND g.name = i.name
WHERE g.group_name = $1 AND i.id = ANY ($2::uuid[])`;

interface IssueRow {
  id: string;
  namespace: string;
  name: string;
  spec: IssueSpec;
  state: IssueState;
  opened_at: number;
  resolved_at: number | null;
  hidden: boolean;
  observed_name: string | null;
  change: number;
  group_name: string | null;
  digest: string | null;
}

type ScanRow = IssueRow | { id: string; spec: null };

interface MemberRow extends IssueRow {
  group_name: string;
  earlier: { openedAt: number; resolvedAt: number }[] | null;
}

function issueOf(row: IssueRow): IndexedIssue {
  const { id, namespace, name, spec, state, hidden, change, group_name: group, digest } = row;
  return {
    ...{ id, namespace, name, spec, state, hidden, change, openedAt: row.opened_at },
    ...(row.resolved_at !== null && { resolvedAt: row.resolved_at }),
    ...(row.observed_name !== null && { observedName: row.observed_name }),
    ...(group !== null && digest !== null && { indexed: { group, digest } }),
  };
}

function memberOf(row: MemberRow): IndexedMember {
  return { ...issueOf(row), group: row.group_name, earlier: row.earlier ?? [] };
}
