import type { GroupIndex } from '../../apiserver/store/group-index.ts';
import type { Connections, IssueQuery, IssuesFound } from '../../apiserver/store/issue-query.ts';
import { openStore, type StoreOptions } from '../../apiserver/store/open-store.ts';
import type { PastIssues, PastQuery } from '../../apiserver/store/past.ts';
import type { ResourceLog, ResourceStore } from '../../apiserver/store/resource-log.ts';
import type { IssueSearch, Scope, SearchPage, SearchQuery } from '../../apiserver/store/search.ts';
import type { SqlStore } from '../../apiserver/store/sql-store.ts';
import type { IssueStatistics, Statistics, StatisticsQuery } from '../../apiserver/store/statistics.ts';
import {
  type ActiveIssue,
  type CommitResult,
  type Crowd,
  type FamilyQuery,
  type IssueHistory,
  type LedSource,
  type RelateOutcome,
  type Relation,
  type Store,
  type StoreChanges,
  type StoredDelivery,
  type StoredEvidence,
  type StoredIssue,
  type StoredSource,
  StoreUnavailable,
  type SubjectRef,
  type SubjectsRead,
  type SubjectWrite,
  type TimelineEntry,
} from '../../apiserver/store/store.ts';
import { type Clock, pause, systemClock } from '../../controllers/runtime/clock.ts';
import type { Subject } from '../../crds/issue.ts';

/** Nothing is wrong yet: the database is still being opened. */
export class NotYetOpened extends StoreUnavailable {}

export interface ConnectingStoreOptions extends StoreOptions {
  /** Told once per distinct cause while the database cannot be reached. */
  onUnavailable(message: string): void;
  readonly clock?: Clock;
  readonly open?: (options: StoreOptions) => Promise<SqlStore>;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/**
 * A store that may still be on its way: until the database answers for the first time everything is StoreUnavailable.
 * So a server that starts during an outage serves discovery (design.md decision 13): an API group that cannot be
 * discovered would block every namespace deletion of the cluster.
 */
export class ConnectingStore implements Store, ResourceStore, PastIssues, IssueSearch, IssueStatistics {
  readonly clusterId: string;
  /** The store itself; rejects when the database can never be used (ForeignState, NewerSchema). */
  readonly opened: Promise<SqlStore>;
  readonly #ending = new AbortController();
  #store: SqlStore | undefined;
  #unreachable = false;

  constructor(options: ConnectingStoreOptions) {
    this.clusterId = options.clusterId;
    this.opened = this.#connect(options);
    this.opened.catch(() => {});
  }

  get identity(): string {
    return this.#store?.identity ?? '';
  }

  readSubjects(refs: readonly SubjectRef[]): Promise<SubjectsRead> {
    return this.#now().then((store) => store.readSubjects(refs));
  }

  commit(writes: readonly SubjectWrite[]): Promise<CommitResult> {
    return this.#now().then((store) => store.commit(writes));
  }

  aspectsOf(namespace: string, source: string, subject: Subject): Promise<Subject[]> {
    return this.#now().then((store) => store.aspectsOf(namespace, source, subject));
  }

  activeIssues(source: string): Promise<ActiveIssue[]> {
    return this.#now().then((store) => store.activeIssues(source));
  }

  crowded(...args: Parameters<Store['crowded']>): Promise<Crowd[]> {
    return this.#now().then((store) => store.crowded(...args));
  }

  issue(namespace: string, name: string): Promise<StoredIssue | undefined> {
    return this.#now().then((store) => store.issue(namespace, name));
  }

  namespaces(): Promise<string[]> {
    return this.#now().then((store) => store.namespaces());
  }

  issuesById(ids: readonly string[]): Promise<StoredIssue[]> {
    return this.#now().then((store) => store.issuesById(ids));
  }

  activeFamily(family: FamilyQuery): Promise<StoredIssue[]> {
    return this.#now().then((store) => store.activeFamily(family));
  }

  issuesByName(namespace: string, names: readonly string[]): Promise<StoredIssue[]> {
    return this.#now().then((store) => store.issuesByName(namespace, names));
  }

  findIssues(query: IssueQuery): Promise<IssuesFound> {
    return this.#now().then((store) => store.findIssues(query));
  }

  wasDeleted(issue: StoredIssue): Promise<boolean> {
    return this.#now().then((store) => store.wasDeleted(issue));
  }

  connections(): Connections {
    return this.#store?.connections() ?? { open: 0, idle: 0, max: 0 };
  }

  timeline(issueId: string): Promise<TimelineEntry[]> {
    return this.#now().then((store) => store.timeline(issueId));
  }

  history(issueId: string): Promise<IssueHistory> {
    return this.#now().then((store) => store.history(issueId));
  }

  relate(sourceId: string, targetId: string, actor: string): Promise<RelateOutcome> {
    return this.#now().then((store) => store.relate(sourceId, targetId, actor));
  }

  unrelate(oneId: string, otherId: string, actor: string): Promise<boolean> {
    return this.#now().then((store) => store.unrelate(oneId, otherId, actor));
  }

  relatedOf(ids: readonly string[]): Promise<Relation[]> {
    return this.#now().then((store) => store.relatedOf(ids));
  }

  evidence(issueId: string): Promise<StoredEvidence | undefined> {
    return this.#now().then((store) => store.evidence(issueId));
  }

  evidenceText(issueIds: readonly string[]): Promise<Map<string, string>> {
    return this.#now().then((store) => store.evidenceText(issueIds));
  }

  search(query: SearchQuery): Promise<SearchPage> {
    return this.#now().then((store) => store.search(query));
  }

  findVisible(text: string, namespaces: Scope): ReturnType<IssueSearch['findVisible']> {
    return this.#now().then((store) => store.findVisible(text, namespaces));
  }

  statistics(query: StatisticsQuery): Promise<Statistics> {
    return this.#now().then((store) => store.statistics(query));
  }

  issuesAsOf(query: PastQuery): Promise<StoredIssue[]> {
    return this.#now().then((store) => store.issuesAsOf(query));
  }

  lead(manager: string, shard: string, sources: readonly LedSource[]): Promise<number[]> {
    return this.#now().then((store) => store.lead(manager, shard, sources));
  }

  source(name: string, shard: string): Promise<StoredSource | undefined> {
    return this.#now().then((store) => store.source(name, shard));
  }

  shards(name: string): Promise<StoredSource[]> {
    return this.#now().then((store) => store.shards(name));
  }

  deliveries(source: string, ids: readonly string[]): Promise<Map<string, StoredDelivery>> {
    return this.#now().then((store) => store.deliveries(source, ids));
  }

  changes(resource: string): StoreChanges {
    return this.#changesOf((store) => store.changes(resource));
  }

  resourceLog(resource: string): ResourceLog {
    const log = async () => (await this.#now()).resourceLog(resource);
    return {
      ...this.#changesOf((store) => store.resourceLog(resource)),
      lead: async (holder) => (await log()).lead(holder),
      release: async (holder) => (await log()).release(holder),
      keys: async () => (await log()).keys(),
      read: async (keys) => (await log()).read(keys),
      write: async (epoch, writes) => (await log()).write(epoch, writes),
      complete: async (epoch) => (await log()).complete(epoch),
      filled: async () => (await log()).filled(),
    };
  }

  /** Rejects while the database was not reached yet. */
  groupIndex(): Promise<GroupIndex> {
    return this.#now().then((store) => store.groupIndex());
  }

  lastChange(): Promise<number> {
    return this.#now().then((store) => store.lastChange());
  }

  async ping(): Promise<boolean> {
    return (await this.#store?.ping()) ?? false;
  }

  /**
   * Whether the database cannot be reached now. False while it is being opened, which a migration makes long: nobody should be
   * sent here then, as long as others serve.
   */
  async away(): Promise<boolean> {
    return this.#store === undefined ? this.#unreachable : !(await this.#store.ping());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.opened.then(
      (store) => store[Symbol.asyncDispose](),
      () => {},
    );
  }

  #changesOf(choose: (store: SqlStore) => StoreChanges): StoreChanges {
    const changes = async () => choose(await this.#now());
    const opened = this.opened;
    return {
      snapshot: async (receive) => (await changes()).snapshot(receive),
      since: async (after, limit) => (await changes()).since(after, limit),
      before: async (numbers) => (await changes()).before(numbers),
      latest: async () => (await changes()).latest(),
      identity: async () => (await changes()).identity(),
      async *wakeUps(signal) {
        yield* choose(await opened).wakeUps(signal);
      },
    };
  }

  async #now(): Promise<SqlStore> {
    if (this.#store === undefined) throw new NotYetOpened('the database was not reached yet');
    return this.#store;
  }

  async #connect(options: ConnectingStoreOptions): Promise<SqlStore> {
    const { clock = systemClock, open = openStore, onUnavailable } = options;
    const { signal } = this.#ending;
    let told = '';
    for (let delay = FIRST_PAUSE_MS; ; delay = Math.min(delay * 2, LONGEST_PAUSE_MS)) {
      try {
        this.#store = await open(options);
        return this.#store;
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || signal.aborted) throw error;
        this.#unreachable = true;
        if (error.message !== told) onUnavailable(error.message);
        told = error.message;
      }
      await pause(clock, delay, signal);
    }
  }
}
