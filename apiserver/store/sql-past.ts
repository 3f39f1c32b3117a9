import type { IssueSpec, ObservedObject, ResolvedReason } from '../../crds/issue.ts';
import type { Database } from './database.ts';
import { ISSUE_SELECT, type IssueRow, micros, storedIssue, timestamp } from './issue-row.ts';
import type { PastQuery } from './past.ts';
import type { StoredIssue } from './store.ts';

/**
 * What was held at a moment, in order: which episode of which issue. The current episode of an Active issue is its row;
 * every other is in `episodes`. An issue's episodes follow each other, so of those that touch the window before the moment
 * the last is the one to show.
 *
 * $1 before, $2 where the window begins, $3 namespaces or null, $4 name or null, $5 and $6 after, $7 limit.
 */
const HELD = `
WITH held AS (
  SELECT i.id, i.namespace, i.name, i.reopened + 1 AS number
  FROM issues i WHERE i.state = 'Active' AND i.opened_at < ${timestamp('$1::bigint')} AND ${selected('i')}
  UNION ALL
  SELECT i.id, i.namespace, i.name, e.number
  FROM episodes e JOIN issues i ON i.id = e.issue_id
  WHERE tstzrange(e.opened_at, e.resolved_at, '[]') && tstzrange(${timestamp('$2::bigint')}, ${timestamp('$1::bigint')}, '[)')
    AND ${selected('i')}
)
SELECT DISTINCT ON (h.namespace, h.name) h.* FROM held h ORDER BY h.namespace, h.name, h.number DESC LIMIT $7`;

/** These episodes of these issues as they were: $1 before, $2 ids, $3 numbers. What is no longer stored is left out. */
const ROWS = `
SELECT ${ISSUE_SELECT}, p.open AS past_open, p.number AS past_number,
  e.uid AS past_uid, ${micros('e.created_at')} AS past_created_at, ${micros('e.opened_at')} AS past_opened_at,
  ${micros('e.resolved_at')} AS past_resolved_at, e.reason AS past_reason,
  coalesce(c.spec, e.spec) AS past_spec, coalesce(c.labels, e.labels) AS past_labels,
  coalesce(c.generation, e.generation) AS past_generation,
  CASE WHEN c.issue_id IS NULL THEN e.observed ELSE c.observed END AS past_observed,
  coalesce(c.occurrences, e.occurrences) AS past_occurrences,
  ${micros('coalesce(c.last_seen_at, e.last_seen_at)')} AS past_last_seen_at
FROM (
  SELECT k.id, k.number, k.place, i.state = 'Active' AND i.reopened + 1 = k.number AS open
  FROM unnest($2::uuid[], $3::int[]) WITH ORDINALITY AS k(id, number, place) JOIN issues i ON i.id = k.id
) p JOIN issues i ON i.id = p.id
LEFT JOIN LATERAL (
  SELECT * FROM episodes e WHERE NOT p.open AND e.issue_id = p.id AND e.number = p.number LIMIT 1
) e ON true
LEFT JOIN LATERAL (
  SELECT * FROM contents c WHERE c.issue_id = p.id AND c.number = p.number AND c.until >= ${timestamp('$1::bigint')}
  ORDER BY c.until, c.change, c.place LIMIT 1
) c ON true
WHERE p.open OR e.issue_id IS NOT NULL
ORDER BY p.place`;

/** The planner knows nothing of how many episodes a moment is in: it must not choose by statistics of another day. */
const BEGIN = `BEGIN READ ONLY; SET LOCAL statement_timeout = '20s'; SET LOCAL plan_cache_mode = force_custom_plan;
SET LOCAL enable_hashjoin = on; SET LOCAL enable_seqscan = on`;

interface PastRow extends IssueRow {
  past_open: boolean;
  past_number: number;
  past_uid: string | null;
  past_created_at: number | null;
  past_opened_at: number | null;
  past_resolved_at: number | null;
  past_reason: ResolvedReason | null;
  past_spec: IssueSpec | null;
  past_labels: Record<string, string> | null;
  past_generation: number | null;
  past_observed: ObservedObject | null;
  past_occurrences: number | null;
  past_last_seen_at: number | null;
}

/** An episode of an issue that was held at a moment. */
interface Held {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly number: number;
}

/** What comes after a place in a list of the past, in order; `whole`: up to its end. */
interface Stretch {
  readonly after: Key;
  readonly held: readonly Held[];
  readonly whole: boolean;
  /** ms: when it was looked for. */
  readonly foundAt: number;
}

type Key = Pick<Held, 'namespace' | 'name'>;

/** Keys that are found at once and remembered: about 2 MB. */
const STRETCH = 10_000;
/** Lists that are read page by page at the same time. */
const REMEMBERED = 4;
/** ms for which a stretch is remembered. */
const REMEMBERED_FOR = 120_000;
/** Rows that are read in one statement. */
const ROWS_AT_ONCE = 500;
const BEGINNING: Key = { namespace: '', name: '' };

/**
 * Lists of the past. What was held at a moment cannot be found in the order of names by any index, so to find it is one
 * scan of that moment, whatever the page. So whoever reads on has the keys of the next 10,000 found at once and remembered:
 * the pages behind are then a place in them, and rows by their primary keys. The past stands still but for what is reported late. That a
 * list that has begun need not show, but one that begins does: a beginning forgets what is remembered, and two minutes do, for whoever
 * goes on with a list that began elsewhere.
 */
export class SqlPast {
  readonly #database: Database;
  readonly #stretch: number;
  readonly #now: () => number;
  /** By what is asked but its place; those that were used last come last. */
  readonly #remembered = new Map<string, Stretch>();

  /** `stretch`: keys that are remembered of a list. `now`: ms. */
  constructor(database: Database, stretch = STRETCH, now: () => number = () => performance.now()) {
    this.#database = database;
    this.#stretch = stretch;
    this.#now = now;
  }

  /** See `PastIssues.issuesAsOf`. */
  async issues(query: PastQuery): Promise<StoredIssue[]> {
    const { before, limit } = query;
    const found: StoredIssue[] = [];
    for (let after = query.after; ; ) {
      const { held, whole } = await this.#next(query, after, limit - found.length);
      for (let from = 0; from < held.length; from += ROWS_AT_ONCE) {
        const rows = await this.#ask<PastRow>(ROWS, [before, ...columns(held.slice(from, from + ROWS_AT_ONCE))]);
        found.push(...rows.map((row) => issueThen(row, before)));
      }
      if (whole || found.length >= limit) return found;
      after = held.at(-1);
    }
  }

  /** At most `limit` of what comes after a place. Whoever asks for a beginning is told what is known now. */
  async #next(query: PastQuery, after: Key | undefined, limit: number): Promise<Pick<Stretch, 'held' | 'whole'>> {
    if (query.name !== undefined) return this.#find(query, after, limit);
    const key = JSON.stringify([query.before, query.visibleFor, query.namespaces]);
    if (after === undefined) {
      this.#remembered.delete(key);
      return this.#find(query, after, limit);
    }
    for (const [of, { foundAt }] of this.#remembered) {
      if (this.#now() - foundAt > REMEMBERED_FOR) this.#remembered.delete(of);
    }
    const known = this.#remembered.get(key);
    const stretch = known && covers(known, after) ? known : await this.#find(query, after, this.#stretch);
    this.#remembered.delete(key);
    this.#remembered.set(key, stretch);
    for (const oldest of this.#remembered.keys()) {
      if (this.#remembered.size <= REMEMBERED) break;
      this.#remembered.delete(oldest);
    }
    const first = placeAfter(stretch.held, after);
    const held = stretch.held.slice(first, first + limit);
    return { held, whole: stretch.whole && first + held.length === stretch.held.length };
  }

  async #find(query: PastQuery, after: Key = BEGINNING, limit = this.#stretch): Promise<Stretch> {
    const { before, visibleFor, namespaces, name = null } = query;
    const foundAt = this.#now();
    const held = await this.#ask<Held>(HELD, [
      before,
      before - Math.max(1, visibleFor), // an empty window touches nothing
      ...[namespaces === 'all' ? null : namespaces, name, after.namespace, after.name, limit],
    ]);
    return { after, held, whole: held.length < limit, foundAt };
  }

  #ask<Row>(sql: string, values: readonly unknown[]): Promise<Row[]> {
    return this.#database.transaction(BEGIN, (session) => session.query<Row>(sql, values, { timeoutMs: 20_000 }));
  }
}

/** Whether what comes after `place` is in a stretch, at least one of it when there is any. */
function covers({ after, held, whole }: Stretch, place: Key): boolean {
  const last = held.at(-1);
  return !isBefore(place, after) && (whole || (last !== undefined && isBefore(place, last)));
}

/** Of the first that comes after a place. */
function placeAfter(held: readonly Held[], place: Key): number {
  let [from, to] = [0, held.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (isBefore(place, held[middle] as Held)) to = middle;
    else from = middle + 1;
  }
  return from;
}

function isBefore(a: Key, b: Key): boolean {
  return a.namespace === b.namespace ? a.name < b.name : a.namespace < b.namespace;
}

function columns(held: readonly Held[]): [ids: string[], numbers: number[]] {
  return [held.map(({ id }) => id), held.map(({ number }) => number)];
}

function selected(table: string): string {
  return `($3::text[] IS NULL OR ${table}.namespace = ANY ($3::text[])) AND ($4::text IS NULL OR ${table}.name = $4::text)
    AND (${table}.namespace, ${table}.name) > ($5::text, $6::text)`;
}

/** Only what is known of that moment: nothing that people or the sweeper did to the issue, and no later sighting. */
function issueThen(row: PastRow, before: number): StoredIssue {
  const {
    acknowledged: _a,
    snoozedUntil: _s,
    assignee: _w,
    hiddenAt: _h,
    manual: _m,
    expiresAt: _e,
    ...now
  } = storedIssue(row);
  const { resolvedAt: _r, resolvedReason: _why, observed: latest, ...rest } = now;
  const known = row.past_spec !== null;
  const lastSeenAt = row.past_last_seen_at ?? now.lastSeenAt;
  const observed = known ? (row.past_observed ?? undefined) : latest;
  const then: StoredIssue = {
    ...rest,
    conditions: [],
    reopened: row.past_number - 1,
    spec: row.past_spec ?? now.spec,
    labels: row.past_labels ?? now.labels,
    generation: row.past_generation ?? now.generation,
    occurrences: row.past_occurrences ?? now.occurrences,
    lastSeenAt,
    ...(observed && { observed }),
    ...(row.past_open ? {} : episodeThen(row, before)),
  };
  return lastSeenAt < before ? then : withoutLater(then, before);
}

function episodeThen(row: PastRow, before: number): Partial<StoredIssue> {
  const { past_resolved_at: resolvedAt, past_reason: resolvedReason } = row;
  const was = {
    uid: row.past_uid as string,
    createdAt: row.past_created_at as number,
    openedAt: row.past_opened_at as number,
  };
  if (resolvedAt === null || resolvedReason === null || resolvedAt >= before) return { ...was, state: 'Active' };
  return { ...was, state: 'Resolved', resolvedAt, resolvedReason };
}

/** Of several runs that showed the same only the last is kept; when that was later, nothing can be said of the one then. */
function withoutLater({ observed: _later, ...issue }: StoredIssue, before: number): StoredIssue {
  const { links, ...spec } = issue.spec;
  const lasting = links?.filter(({ rel }) => rel === 'docs') ?? [];
  return {
    ...issue,
    spec: lasting.length > 0 ? { ...spec, links: lasting } : spec,
    lastSeenAt: Math.max(before - 1, issue.openedAt),
  };
}
