import { hash } from 'node:crypto';
import { everyAspectHash, subjectHash } from '../../crds/identity.ts';
import type { Subject } from '../../crds/issue.ts';
import { groupOf } from '../../crds/meta.ts';
import { UUID } from '../../crds/names.ts';
import { compareOrder, type OrderKey } from '../../crds/order.ts';
import { AcknowledgedCommits } from './acknowledged-commits.ts';
import { ChangeLog, readLatest } from './change-log.ts';
import { commitBatch } from './commit.ts';
import type { Database } from './database.ts';
import { createPartitions } from './episodes.ts';
import { sqlState } from './errors.ts';
import { readEvidence, readEvidenceText } from './evidence.ts';
import { findIssues, issuesByName, wasDeleted } from './find-issues.ts';
import type { GroupIndex } from './group-index.ts';
import type { Connections, IssueQuery, IssuesFound } from './issue-query.ts';
import { ISSUE_SELECT, type IssueRow, micros, storedIssue } from './issue-row.ts';
import { type IssueTransitions, SqlIssueTransitions } from './issue-transitions.ts';
import type { Lease } from './lease.ts';
import { EVENTS_LOCK, SEARCH_LOCK, SWEEP_LOCK } from './locks.ts';
import { ORDER_COLUMNS, type OrderRow, orderKey } from './order-row.ts';
import type { PastIssues, PastQuery } from './past.ts';
import { readSubjects } from './read-subjects.ts';
import { changeOf, RecentCommits } from './recent-commits.ts';
import { readActiveFamily, relate, relatedOf, unrelate } from './relations.ts';
import type { ResourceLog, ResourceStore } from './resource-log.ts';
import type { IssueSearch, Scope, SearchPage, SearchQuery } from './search.ts';
import { SearchIndex } from './search-index.ts';
import { lead, readShards, readSource } from './sources.ts';
import { SqlGroupIndex } from './sql-group-index.ts';
import { SqlPast } from './sql-past.ts';
import { SqlResourceLog } from './sql-resource-log.ts';
import { SqlIssueSearch } from './sql-search.ts';
import { statistics } from './sql-statistics.ts';
import type { IssueStatistics, Statistics, StatisticsQuery } from './statistics.ts';
import type {
  ActiveIssue,
  CommitResult,
  Crowd,
  FamilyQuery,
  IssueHistory,
  LedSource,
  RelateOutcome,
  Relation,
  Store,
  StoreChanges,
  StoredDelivery,
  StoredEvidence,
  StoredIssue,
  StoredSource,
  SubjectRef,
  SubjectsRead,
  SubjectWrite,
  TimelineEntry,
} from './store.ts';
import { CommitRefused } from './store.ts';
import { readEpisodes, readTimeline } from './timeline.ts';
import type { WakeUps } from './wake-ups.ts';

/** The port `Store` in SQL, on PostgreSQL and on PGlite alike. Made by `openStore`. */
export class SqlStore implements Store, ResourceStore, PastIssues, IssueSearch, IssueStatistics {
  readonly clusterId: string;
  /** For the sweeper and the tests of this room; nobody else speaks SQL. */
  readonly database: Database;
  /** For whoever opens it: what is compared with the database after a failover. */
  readonly acknowledged = new AcknowledgedCommits();
  readonly #wakeUps: WakeUps;
  readonly #identity: () => string;
  readonly #clockOffset: () => number;
  readonly #lease: (lock: number) => Lease;
  readonly #recent = new RecentCommits();
  readonly #issues: ChangeLog;
  readonly #past: SqlPast;

  constructor(options: {
    clusterId: string;
    identity: () => string;
    database: Database;
    wakeUps: WakeUps;
    /** µs, added to the database clock. */
    clockOffset: () => number;
    lease: (lock: number) => Lease;
  }) {
    this.clusterId = options.clusterId;
    this.database = options.database;
    this.#identity = options.identity;
    this.#wakeUps = options.wakeUps;
    this.#clockOffset = options.clockOffset;
    this.#lease = options.lease;
    const { database, wakeUps } = options;
    this.#issues = new ChangeLog({ database, resource: 'issues', wakeUps, recent: this.#recent });
    this.#past = new SqlPast(database);
  }

  /** A digest: what a database says about itself is not for those who report. */
  get identity(): string {
    return hash('sha256', this.#identity(), 'hex').slice(0, 16);
  }

  /** Who sweeps. The caller disposes of it. */
  sweeperLease(): Lease {
    return this.#lease(SWEEP_LOCK);
  }

  /** Who writes Events. The caller disposes of it. */
  eventsLease(): Lease {
    return this.#lease(EVENTS_LOCK);
  }

  /** Who keeps the search's index. The caller disposes of it. */
  searchLease(): Lease {
    return this.#lease(SEARCH_LOCK);
  }

  searchIndex(): SearchIndex {
    return new SearchIndex(this.database);
  }

  /** For one who acts on every transition of an issue; `follower` is whose position is kept. */
  issueTransitions(follower: string): IssueTransitions {
    return new SqlIssueTransitions(this.database, follower);
  }

  /** Which issues are in which group. */
  groupIndex(): GroupIndex {
    return new SqlGroupIndex(this.database);
  }

  /** The database clock with the offset, µs since 1970: what every decision and every row uses as "now". */
  async now(): Promise<number> {
    const [row] = await this.database.query<{ now: number }>(`SELECT ${micros('clock_timestamp()')} AS now`);
    return (row?.now ?? 0) + this.#clockOffset();
  }

  async readSubjects(refs: readonly SubjectRef[]): Promise<SubjectsRead> {
    return readSubjects(this.database, refs, this.#clockOffset());
  }

  async commit(writes: readonly SubjectWrite[]): Promise<CommitResult> {
    if (writes.length === 0) return { outcomes: [], names: new Map(), lastChange: await this.lastChange() };
    const committed = await this.#commitWithPartition(writes);
    const { outcomes, names, lastChange, before, written } = committed;
    if (committed.changed) {
      this.acknowledged.add(before, lastChange, written.filter(({ write }) => changeOf(write)).length);
      this.#wakeUps.notify({ known: this.#recent.add(before, lastChange, written) });
    } else if (writes.some(({ evidence = [] }) => evidence.length > 0)) {
      // No change that is watched, but the search finds it.
      this.#wakeUps.notify({ known: true });
    }
    return { outcomes, names, lastChange };
  }

  /** For who looks at the tables seldom while nothing happens. */
  get news(): Pick<WakeUps, 'hints' | 'hintAfter'> {
    return this.#wakeUps;
  }

  /** Something that feeds read was written without `commit`. */
  wroteTables(): void {
    this.#wakeUps.notify();
  }

  async aspectsOf(namespace: string, source: string, subject: Subject): Promise<Subject[]> {
    const rows = await this.database.query<{ subject: Subject }>(
      `SELECT DISTINCT ON (i.aspect) i.spec->'subject' AS subject FROM issues i
       WHERE i.subject_name = $1 AND i.subject_kind = $2 AND i.namespace = $3 AND i.source = $4
         AND i.subject_group = $5 AND i.subject_namespace = $6 ORDER BY i.aspect`,
      [subject.name, subject.kind, namespace, source, groupOf(subject.apiVersion), subject.namespace ?? ''],
    );
    return rows.map((row) => row.subject);
  }

  async activeIssues(source: string): Promise<ActiveIssue[]> {
    const rows = await this.database.slowQuery<ActiveRow>(ACTIVE_ISSUES, [source]);
    return rows.map(activeIssue);
  }

  async crowded(beyond: number, of?: { readonly namespace: string; readonly source: string }): Promise<Crowd[]> {
    const [where, values] = of ? ['AND namespace = $2 AND source = $3', [of.namespace, of.source]] : ['', []];
    return this.database.query<Crowd>(
      `SELECT namespace, source, count(*) AS count FROM issues WHERE state = 'Active' ${where}
       GROUP BY source, namespace HAVING count(*) > $1`,
      [beyond, ...values],
    );
  }

  async issue(namespace: string, name: string): Promise<StoredIssue | undefined> {
    const [row] = await this.database.query<IssueRow>(
      `SELECT ${ISSUE_SELECT} FROM issues i WHERE i.namespace = $1 AND i.name = $2`,
      [namespace, name],
    );
    return row && storedIssue(row);
  }

  async namespaces(): Promise<string[]> {
    const rows = await this.database.query<{ namespace: string }>(NAMESPACES, []);
    return rows.map(({ namespace }) => namespace);
  }

  async issuesById(ids: readonly string[]): Promise<StoredIssue[]> {
    const known = ids.filter((id) => UUID.test(id));
    if (known.length === 0) return [];
    const rows = await this.database.query<IssueRow>(
      `SELECT ${ISSUE_SELECT} FROM issues i WHERE i.id = ANY($1::uuid[])`,
      [known],
    );
    return rows.map(storedIssue);
  }

  async activeFamily(family: FamilyQuery): Promise<StoredIssue[]> {
    return readActiveFamily(this.database, family);
  }

  async issuesByName(namespace: string, names: readonly string[]): Promise<StoredIssue[]> {
    return issuesByName(this.database, namespace, names);
  }

  async findIssues(query: IssueQuery): Promise<IssuesFound> {
    return findIssues(this.database, query);
  }

  async wasDeleted(issue: StoredIssue): Promise<boolean> {
    return wasDeleted(this.database, issue);
  }

  connections(): Connections {
    return this.database.connections();
  }

  async timeline(issueId: string): Promise<TimelineEntry[]> {
    return readTimeline(this.database, issueId, 'people');
  }

  async history(issueId: string): Promise<IssueHistory> {
    const [episodes, lines] = await Promise.all([
      readEpisodes(this.database, issueId),
      readTimeline(this.database, issueId, 'all'),
    ]);
    return { episodes, lines };
  }

  async relate(sourceId: string, targetId: string, actor: string): Promise<RelateOutcome> {
    return relate(this.database, sourceId, targetId, { actor, clockOffset: this.#clockOffset() });
  }

  async unrelate(oneId: string, otherId: string, actor: string): Promise<boolean> {
    return unrelate(this.database, oneId, otherId, { actor, clockOffset: this.#clockOffset() });
  }

  async relatedOf(ids: readonly string[]): Promise<Relation[]> {
    return relatedOf(this.database, ids);
  }

  async evidence(issueId: string): Promise<StoredEvidence | undefined> {
    return readEvidence(this.database, issueId);
  }

  async evidenceText(issueIds: readonly string[]): Promise<Map<string, string>> {
    return readEvidenceText(this.database, issueIds);
  }

  async search(query: SearchQuery): Promise<SearchPage> {
    return new SqlIssueSearch(this.database).search(query);
  }

  async findVisible(
    text: string,
    namespaces: Scope,
    most?: number,
  ): Promise<{ namespace: string; name: string }[] | undefined> {
    return new SqlIssueSearch(this.database).findVisible(text, namespaces, most);
  }

  async statistics(query: StatisticsQuery): Promise<Statistics> {
    return statistics(this.database, query);
  }

  issuesAsOf(query: PastQuery): Promise<StoredIssue[]> {
    return this.#past.issues(query);
  }

  async lead(
    manager: string,
    shard: string,
    sources: readonly LedSource[],
    unknown: readonly string[] = [],
  ): Promise<number[]> {
    return lead(this.database, { manager, shard, unknown, clockOffset: this.#clockOffset() }, sources);
  }

  async source(name: string, shard: string): Promise<StoredSource | undefined> {
    return readSource(this.database, name, shard);
  }

  async shards(name: string): Promise<StoredSource[]> {
    return readShards(this.database, name);
  }

  async deliveries(source: string, ids: readonly string[]): Promise<Map<string, StoredDelivery>> {
    const rows = await this.database.query<{ delivery_id: string; result: unknown }>(
      `SELECT delivery_id, result FROM deliveries WHERE source = $1 AND delivery_id = ANY($2)
       AND at > now() + $3::float8 * interval '1 microsecond' - interval '24 hours'`,
      [source, ids, this.#clockOffset()],
    );
    return new Map(rows.map(({ delivery_id: id, result }) => [id, { source, id, result }]));
  }

  changes(resource: string): StoreChanges {
    if (resource === 'issues') return this.#issues;
    return new ChangeLog({ database: this.database, resource, wakeUps: this.#wakeUps });
  }

  resourceLog(resource: string): ResourceLog {
    return new SqlResourceLog(this.database, resource, this.#wakeUps, this.#clockOffset, this.#recent);
  }

  async lastChange(): Promise<number> {
    return readLatest(this.database);
  }

  async ping(): Promise<boolean> {
    return this.database.query('SELECT 1', [], { timeoutMs: 2_000 }).then(
      () => true,
      () => false,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#wakeUps[Symbol.asyncDispose]();
    await this.database[Symbol.asyncDispose]();
  }

  /** The sweeper makes partitions ahead; a server that was down for months meets a month without one. */
  async #commitWithPartition(writes: readonly SubjectWrite[]): ReturnType<typeof commitBatch> {
    try {
      return await commitBatch(this.database, writes, this.#clockOffset());
    } catch (error) {
      if (!isMissingPartition(error)) throw error;
      await createPartitions(this.database, (await this.now()) / 1_000);
      return commitBatch(this.database, writes, this.#clockOffset());
    }
  }
}

function isMissingPartition(error: unknown): boolean {
  if (!(error instanceof CommitRefused) || sqlState(error.cause) !== '23514') return false;
  return String(error.message).includes('partition');
}

const ORDER_NAMES = ORDER_COLUMNS.map((column) => column.split(' ')[0] as string);
const both = ['k', 'c'].map((table) => ORDER_NAMES.map((name) => `'${name}', ${table}.${name}`).join(', '));
const ACTIVE_ISSUES = `
SELECT ${ISSUE_SELECT}, encode(i.subject_hash, 'hex') AS subject_hash,
  CASE WHEN k.version IS NOT NULL THEN jsonb_build_object(${both[0]}) END AS of_key,
  CASE WHEN c.version IS NOT NULL THEN jsonb_build_object(${both[1]}) END AS of_complete
FROM issues i
LEFT JOIN watermarks k ON k.subject_hash = i.subject_hash AND k.namespace = i.namespace AND k.source = i.source AND k.key = i.key
LEFT JOIN watermarks c ON c.subject_hash = i.subject_hash AND c.namespace = i.namespace AND c.source = i.source AND c.key = ''
WHERE i.source = $1 AND i.state = 'Active'`;

/** Leaps from namespace to namespace along the index: DISTINCT would read every issue. */
const NAMESPACES = `
WITH RECURSIVE known AS (
  (SELECT namespace FROM issues ORDER BY namespace LIMIT 1)
  UNION ALL
  SELECT (SELECT i.namespace FROM issues i WHERE i.namespace > k.namespace ORDER BY i.namespace LIMIT 1)
  FROM known k WHERE k.namespace IS NOT NULL
)
SELECT namespace FROM known WHERE namespace IS NOT NULL`;

type ActiveRow = IssueRow & { of_key: OrderRow | null; of_complete: OrderRow | null };

function activeIssue(row: ActiveRow): ActiveIssue {
  const issue = storedIssue(row);
  const keys = [row.of_key, row.of_complete].flatMap((order) => (order ? (orderKey(order) ?? []) : []));
  return { ref: subjectRef(issue), issue, watermark: keys.sort(compareOrder).at(-1) as OrderKey | undefined };
}

/** The subject that an issue belongs to, as `readSubjects` takes it. */
export function subjectRef({ namespace, spec: { source, subject } }: StoredIssue): SubjectRef {
  return { namespace, source, subject, hash: subjectHash(subject), everyAspect: everyAspectHash(subject) };
}
