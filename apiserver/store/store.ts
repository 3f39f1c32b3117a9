import type { Evidence } from '../../crds/evidence.ts';
import type { IssueSpec, IssueState, ObservedObject, ResolvedReason, Severity, Subject } from '../../crds/issue.ts';
import type { Condition, KubernetesObject } from '../../crds/meta.ts';
import type { OrderKey } from '../../crds/order.ts';
import type { OrderClass, SourceFilter } from '../../crds/report.ts';
import type { Connections, IssueQuery, IssuesFound } from './issue-query.ts';

/**
 * The port between the engine and the database: what `ingest`, `resources` and `rest` ask, and what every
 * implementation keeps (`store.contract.ts` is run on each). Times are epoch microseconds ("µs") unless said
 * otherwise: they come from the database clock and are compared with order keys.
 *
 * Decide first, then lock (design.md decision 4): `readSubjects` reads without a lock, the caller decides in pure
 * code, and `commit` writes each subject on condition that its version is still the one that was read.
 */
export interface Store extends AsyncDisposable {
  /** Identity of the cluster whose issues are stored. */
  readonly clusterId: string;
  /** Which database this is, opaque: another one after a restore, a failover or a change of the folder (decision 14). */
  readonly identity: string;

  readSubjects(refs: readonly SubjectRef[]): Promise<SubjectsRead>;
  /**
   * Writes all subjects whose versions are the expected ones in one transaction and answers per write; a `conflict`
   * wrote nothing and is to be read and decided again. Throws StoreUnavailable when the database cannot be reached
   * or timed out, and CommitRefused when the batch can never be stored (the caller then tries one by one).
   */
  commit(writes: readonly SubjectWrite[]): Promise<CommitResult>;

  /** Aspects (as full subjects) of `subject` that have issues from `source` in `namespace`, whatever their state. */
  aspectsOf(namespace: string, source: string, subject: Subject): Promise<Subject[]>;
  /** Issues of a source that are Active, with what sync and the subjects route need. */
  activeIssues(source: string): Promise<ActiveIssue[]>;
  /**
   * Namespaces and sources with more than `beyond` Active issues, and how many; with `of` of that one alone. By an index.
   */
  crowded(beyond: number, of?: { readonly namespace: string; readonly source: string }): Promise<Crowd[]>;
  issue(namespace: string, name: string): Promise<StoredIssue | undefined>;
  /** Namespaces that have issues in any state, hidden ones too, sorted. */
  namespaces(): Promise<string[]>;
  /** Those that are stored of these ids (`StoredIssue.id`), in any state, hidden ones too, in no order. What is no UUID is none. */
  issuesById(ids: readonly string[]): Promise<StoredIssue[]>;
  /**
   * The Active issues whose subject is, or whose labels name, this Application or this Component of that namespace (of the
   * subject, or of the issue), in any namespace; of more than 1,000 the oldest.
   */
  activeFamily(family: FamilyQuery): Promise<StoredIssue[]>;
  /** Those with these names in a namespace, in any state, hidden ones too, in no order. */
  issuesByName(namespace: string, names: readonly string[]): Promise<StoredIssue[]>;
  /** A page of everything in a namespace that nobody deleted, hidden issues too, by `openedAt` with the newest first. */
  findIssues(query: IssueQuery): Promise<IssuesFound>;
  /** Whether a person deleted this issue since it was opened last. */
  wasDeleted(issue: StoredIssue): Promise<boolean>;
  /** What people did to an issue (`StoredIssue.id`), oldest first; of more than 1,000 lines the newest. */
  timeline(issueId: string): Promise<TimelineEntry[]>;
  /** All that happened to an issue: see IssueHistory. */
  history(issueId: string): Promise<IssueHistory>;

  /** Links two issues, once in whichever direction. The right of `actor` to both was checked before. */
  relate(sourceId: string, targetId: string, actor: string): Promise<RelateOutcome>;
  /** Takes the link of two issues away, whichever direction it has; false when there is none. */
  unrelate(oneId: string, otherId: string, actor: string): Promise<boolean>;
  /** The links of any of these issues, oldest first; at most 10,000. */
  relatedOf(ids: readonly string[]): Promise<Relation[]>;
  /** What showed an issue (`StoredIssue.id`) last; undefined when nobody ever sent any. */
  evidence(issueId: string): Promise<StoredEvidence | undefined>;
  /**
   * The same as text to search in, by id, for those that have any. Only for callers with `get issues/evidence` in the
   * namespace of each (docs/adr/0009). In SQL: the column `text` of the table `evidence`.
   */
  evidenceText(issueIds: readonly string[]): Promise<Map<string, string>>;

  /**
   * Issues a new epoch per source to this manager and remembers what it covers; fences earlier epochs of (source, shard).
   * Returns epochs in order, each greater than all that its source ever had in any shard. `unknown`: see `LeadRequest`.
   */
  lead(manager: string, shard: string, sources: readonly LedSource[], unknown?: readonly string[]): Promise<number[]>;
  /** The registered leader of a source, or undefined when nobody ever led it. */
  source(name: string, shard: string): Promise<StoredSource | undefined>;
  /** The registered leaders of all shards of a source. */
  shards(name: string): Promise<StoredSource[]>;

  /** The answer that was given to a delivery of the last 24 h. */
  deliveries(source: string, ids: readonly string[]): Promise<Map<string, StoredDelivery>>;

  /** Snapshot and changes of one resource for a watch cache; shape: `apiserver/kube/source.ts`. */
  changes(resource: string): StoreChanges;

  /** The last committed change number, read from the database (consistent). */
  lastChange(): Promise<number>;
  /** True when the database answers now. Never throws. */
  ping(): Promise<boolean>;
  /** Connections to the database: how many there are, how many of them nobody uses, and how many there may be. */
  connections(): Connections;
}

/** Which subject of which source in which namespace. `hash` is `subjectHash(subject)`. */
export interface SubjectRef {
  readonly namespace: string;
  readonly source: string;
  readonly subject: Subject;
  readonly hash: string;
  /** `everyAspectHash(subject)`: its watermark is a deletion of the whole subject and counts for every aspect. */
  readonly everyAspect: string;
}

export interface SubjectsRead {
  /** The database clock, µs since 1970. */
  readonly now: number;
  /** One per ref, in order. */
  readonly subjects: readonly SubjectState[];
}

/** What is stored about one subject when it is read. */
export interface SubjectState {
  readonly ref: SubjectRef;
  /** Version of the subject (of its watermark row with key ''); 0 when there is none. */
  readonly version: number;
  /** Version of the every-aspect row; 0 when there is none. */
  readonly everyAspectVersion: number;
  /** By key; '' is the last complete observation. */
  readonly watermarks: ReadonlyMap<string, OrderKey>;
  /** The deletion of the whole subject, when there was one. */
  readonly everyAspect: OrderKey | undefined;
  /** By key, in any state, hidden ones too. */
  readonly issues: ReadonlyMap<string, StoredIssue>;
}

/** A row of `issues`. */
export interface StoredIssue {
  /** Kite's id: never changes, not even when `uid` does. */
  readonly id: string;
  readonly namespace: string;
  readonly namespaceUid: string;
  /** Hex. */
  readonly fingerprint: string;
  readonly name: string;
  /** metadata.uid; a new one when a hidden issue reopens. */
  readonly uid: string;
  readonly generation: number;
  /** metadata.creationTimestamp. */
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: IssueSpec;
  readonly state: IssueState;
  readonly openedAt: number;
  readonly resolvedAt?: number;
  readonly resolvedReason?: ResolvedReason;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly occurrences: number;
  readonly reopened: number;
  readonly observed?: ObservedObject;
  readonly expiresAt?: number;
  /** Hex SHA-256 of what makes a finding identical; equal = nothing to write. */
  readonly contentHash: string;
  readonly acknowledged?: { readonly by: string; readonly at: string };
  readonly snoozedUntil?: string;
  readonly assignee?: string;
  /** A person's due date; the finding's is `spec.dueAt` (docs/adr/0008). RFC 3339, as `acknowledged.at`. */
  readonly due?: { readonly by: string; readonly at: string };
  /** When it opened again lately, µs, oldest first: as many as the rule about flapping asks for. */
  readonly reopenings?: readonly number[];
  /** `spec.severity` is raised by age; `from` is what was reported, `at` when it was raised. */
  readonly escalated?: { readonly from: Severity; readonly at: string };
  readonly conditions: readonly Condition[];
  /** Set while the issue is outside the visible set. */
  readonly hiddenAt?: number;
  /** Remembered at a manual resolve, for row 10'. */
  readonly manual?: { readonly at: number; readonly hash: string; readonly healthySince?: boolean };
  /** When the row was last written, by the server's clock. */
  readonly changedAt: number;
  /** Number of the last change; 0 before the first commit. */
  readonly change: number;
}

/** What an issue says, with the sightings that it had when it last said so. */
export interface Content {
  readonly spec: IssueSpec;
  readonly labels: Readonly<Record<string, string>>;
  readonly generation: number;
  readonly observed?: ObservedObject;
  readonly occurrences: number;
  readonly lastSeenAt: number;
}

export interface Episode extends Content {
  readonly number: number;
  readonly openedAt: number;
  readonly resolvedAt: number;
  readonly reason: ResolvedReason;
  /** Of the issue as it was served then. */
  readonly uid: string;
  readonly createdAt: number;
}

/** What an Active issue said until it said something else. */
export interface PastContent extends Content {
  /** Of the episode. */
  readonly number: number;
  /** When it was seen with what it says next. */
  readonly until: number;
}

/** The next state of one issue of a subject. */
export interface IssueWrite {
  readonly issue: StoredIssue;
  /** `insert` and `reveal` (a hidden issue that reopens, new uid) appear as ADDED, `update` as MODIFIED, `hide` as DELETED. */
  readonly op: 'insert' | 'update' | 'reveal' | 'hide';
  /** The issue as it is stored, where the writer has it: what was written then needs not be read back for the feed. */
  readonly before?: StoredIssue;
  readonly closed?: Episode;
  /** In the order in which it said them; absent when what it says did not change while it was Active. */
  readonly past?: readonly PastContent[];
  readonly timeline?: TimelineLine;
}

/** What a person did to an issue. */
export interface TimelineLine {
  readonly actor: string;
  readonly action: string;
  readonly comment?: string;
  readonly auditId?: string;
  /** The end that a snooze was given. */
  readonly until?: number;
  readonly detail?: TimelineDetail;
}

/** What a line is about, as its action needs it. */
export interface TimelineDetail {
  /** `assign`: to whom; absent: to nobody. */
  readonly assignee?: string;
  /** `due`: RFC 3339; absent: no date any more. */
  readonly dueAt?: string;
  /** `relate`, `unrelate`: the id of the other issue. Not everybody who may read this one may know that one's name. */
  readonly other?: string;
  /** `severity`. */
  readonly from?: Severity;
  readonly to?: Severity;
}

export interface TimelineEntry extends TimelineLine {
  /** When it was stored, by the database clock. */
  readonly at: number;
}

/** Who wrote a line that no person wrote. */
export const NOBODY = '';

/** What is stored of the past of one issue; each list oldest first, and of more than 1,000 the newest. */
export interface IssueHistory {
  /** Closed ones, as far back as the retention reaches. */
  readonly episodes: readonly Episode[];
  /** Of people, and of Faultline itself (NOBODY). */
  readonly lines: readonly TimelineEntry[];
}

/** Owners that issues have in common. */
export interface FamilyQuery {
  readonly namespace: string;
  readonly application?: string;
  readonly component?: string;
}

/** An explicit link between two issues. */
export interface Relation {
  readonly id: string;
  /** The issue that somebody linked from. */
  readonly sourceId: string;
  readonly targetId: string;
  readonly actor: string;
  readonly at: number;
}

/** `missing`: one of them is not stored. `same`: an issue is not related to itself. */
export type RelateOutcome = 'related' | 'exists' | 'missing' | 'same';

export interface SubjectWrite {
  readonly ref: SubjectRef;
  readonly expectedVersion: number;
  readonly expectedEveryAspectVersion: number;
  /**
   * Upserted; '' is always there, possibly unchanged, because its version is the subject's. `undefined` for '' means that
   * there was no complete observation yet, for another key that its watermark goes.
   */
  readonly watermarks: ReadonlyMap<string, OrderKey | undefined>;
  /**
   * Set when the whole subject (every aspect) was deleted at this key. The writes of one batch that carry the same deletion
   * are committed together or not at all; one of the same subject that does not carry it conflicts.
   */
  readonly everyAspect?: OrderKey;
  readonly issues: readonly IssueWrite[];
  /** Lines of issues that do not change: nobody who watches is told. */
  readonly remarks?: readonly (TimelineLine & { readonly issueId: string })[];
  readonly deliveries?: readonly StoredDelivery[];
  /** Replaces what is stored beside these issues of the subject; the ids of new ones are those of `issues`. */
  readonly evidence?: readonly EvidenceWrite[];
}

export interface Crowd {
  readonly namespace: string;
  readonly source: string;
  readonly count: number;
}

export interface StoredEvidence {
  /** When it was stored. */
  readonly at: number;
  /** The object that it is about. */
  readonly observed?: ObservedObject;
  readonly evidence: Evidence;
}

export interface EvidenceWrite extends Omit<StoredEvidence, 'at'> {
  readonly issueId: string;
  /** What a search looks into. */
  readonly text: string;
}

export interface StoredDelivery {
  readonly source: string;
  readonly id: string;
  /** The report's result as it was answered, JSON. */
  readonly result: unknown;
}

export interface CommitResult {
  /** Per write, in order. `names`: the stored name per issue id (a name clash makes it 4 characters longer). */
  readonly outcomes: readonly ('committed' | 'conflict')[];
  readonly names: ReadonlyMap<string, string>;
  readonly lastChange: number;
}

export interface LedSource {
  readonly name: string;
  readonly class: OrderClass;
  readonly filter: SourceFilter;
}

export interface StoredSource extends LedSource {
  /** `selectorSince`: the epoch since which the objects are selected by these labels, when it was by others before. */
  readonly filter: SourceFilter & { readonly selectorSince?: number };
  readonly manager: string;
  readonly shard: string;
  readonly epoch: number;
  readonly absentSince?: number;
}

export interface ActiveIssue {
  readonly ref: SubjectRef;
  readonly issue: StoredIssue;
  /** The watermark that decided it: of its key, or of the last complete observation. */
  readonly watermark: OrderKey | undefined;
}

/** One committed change of a resource, with what a filtered watch needs to tell ADDED, MODIFIED and DELETED apart (W7). */
export interface StoredChange {
  readonly resourceVersion: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** The object as served, with metadata.resourceVersion of this change. */
  readonly object: KubernetesObject;
  /** The JSON of `object` after its metadata, where it is known: `,"spec":…}`. */
  readonly rest?: string;
  /** Of the version before this change; absent for ADDED. */
  readonly previous?: { readonly labels: Record<string, string>; readonly fields: Record<string, string> };
}

/** `rests`: of each object of the page the JSON after its metadata, where it is known: `,"spec":…}`. */
export type ReceivePage = (page: KubernetesObject[], rests?: readonly string[]) => void;

/** Structurally the `ChangeSource` of `apiserver/kube`: the store does not import the wire. */
export interface StoreChanges {
  snapshot(receive?: ReceivePage): Promise<{ resourceVersion: number; floor: number; objects: KubernetesObject[] }>;
  since(after: number, limit: number): Promise<{ changes: StoredChange[]; upTo: number; floor: number }>;
  /** The objects as they were right before the changes with these numbers, where the log still has them. */
  before(
    changes: readonly number[],
  ): Promise<readonly { readonly change: number; readonly object: KubernetesObject }[]>;
  latest(): Promise<number>;
  wakeUps(signal: AbortSignal): AsyncIterable<void>;
  identity(): Promise<string>;
}

/** The database cannot be reached, timed out or is shutting down: 503 with Retry-After, and nothing was written. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** The database refused the content of a batch (a data error): retried one by one, only the culprit is refused. */
export class CommitRefused extends Error {
  override readonly name = 'CommitRefused';
}
