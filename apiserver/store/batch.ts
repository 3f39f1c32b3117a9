import { sameJson } from '../../crds/same-json.ts';
import { PARTS, type Part } from './commit-sql.ts';
import { servedLabels, storedFields, type UnversionedIssue, unversionedIssue } from './issue-object.ts';
import { identityRow, issueRow, longName } from './issue-row.ts';
import { orderRow } from './order-row.ts';
import { changeOf } from './recent-commits.ts';
import {
  CommitRefused,
  type Content,
  type Episode,
  type IssueWrite,
  type PastContent,
  type StoredIssue,
  type SubjectWrite,
  type TimelineLine,
} from './store.ts';

/** One batch as the parameters of `commitWrite`. */
export interface Batch {
  /** The rows of the subjects. */
  readonly subjects: string;
  /** What it has besides. */
  readonly parts: ReadonlySet<Part>;
  /** The values of its parts, in their order. */
  readonly values: readonly (string | number)[];
  /** How many change numbers it needs at most. */
  readonly numbers: number;
  /** Place of each write among the subjects sent, from 1; 0 when it conflicts within the batch and was not sent. */
  readonly places: readonly number[];
  /** The issues that were sent, each at its place from 1. */
  readonly issues: readonly SentIssue[];
}

/** An issue on its way into the database. */
export interface SentIssue {
  readonly write: IssueWrite;
  /** Place of its subject. */
  readonly n: number;
  /** As it is served from now on. */
  readonly object: UnversionedIssue;
  /** The JSON of `object` after its metadata. */
  readonly rest: string;
}

/** Rows as JSON, each written down at once: a thousand rows as objects would outlive a collection of garbage. */
type Tables = Readonly<Record<'subjects' | Part, string[]>>;

/** Of each issue as served what is before, in and after `spec`; a line each, because JSON has no line feeds. */
interface Texts {
  readonly head: string[];
  readonly spec: string[];
  readonly tail: string[];
}

/** All JSON is built here, before the lock. */
export function prepareBatch(writes: readonly SubjectWrite[]): Batch {
  const places = placesOf(writes);
  const tables: Tables = { subjects: [], marks: [], issues: [], episodes: [], deliveries: [], timeline: [] };
  const texts: Texts = { head: [], spec: [], tail: [] };
  const names = new Set<string>();
  const issues: SentIssue[] = [];
  const reports = new Map<string, number>();
  for (const [index, write] of writes.entries()) {
    const n = places[index] as number;
    if (n === 0) continue;
    addSubject(tables, write, n, reports);
    for (const each of write.issues) {
      const object = unversionedIssue(each.issue);
      addIssue(tables, each, { hash: write.ref.hash, n, names, labels: object.metadata.labels ?? {} });
      issues.push({ write: each, n, object, rest: addTexts(texts, object) });
    }
    for (const remark of write.remarks ?? []) {
      tables.timeline.push(rowOf({ n, issue_id: remark.issueId }, timelineRow(remark)));
    }
    for (const { source, id, result } of write.deliveries ?? []) {
      tables.deliveries.push(rowOf({ n, source, delivery_id: id, result }));
    }
  }
  const numbers = tables.issues.length;
  const parts = PARTS.filter((part) => tables[part].length > 0);
  const lines = [texts.head, texts.spec, texts.tail].map((each) => each.join('\n'));
  return {
    ...{ places, issues, numbers, subjects: listOf(tables.subjects), parts: new Set(parts) },
    values: parts.flatMap((part) => [listOf(tables[part]), ...(part === 'issues' ? [numbers, ...lines] : [])]),
  };
}

/** The members of all `parts` as one object. */
function rowOf(...parts: readonly object[]): string {
  let row = '';
  for (const part of parts) {
    const members = JSON.stringify(part).slice(1, -1);
    if (members !== '') row += row === '' ? members : `,${members}`;
  }
  return `{${row}}`;
}

function listOf(rows: readonly string[]): string {
  return `[${rows.join(',')}]`;
}

/** `reports`: place of the first write of each deletion of a whole object; the others go with it. */
function addSubject(tables: Tables, write: SubjectWrite, n: number, reports: Map<string, number>): void {
  const { namespace, source, hash, everyAspect } = write.ref;
  const object = scoped(write.ref, 'everyAspect');
  const together = write.everyAspect ? (reports.get(object) ?? n) : n;
  const { expectedVersion: version, expectedEveryAspectVersion: every_version } = write;
  tables.subjects.push(
    rowOf(
      { n, together, namespace, source, hash, every: everyAspect, version, every_version },
      orderRow(write.watermarks.get('')),
    ),
  );
  tables.marks.push(...markRows(write, n));
  if (!write.everyAspect || together !== n) return;
  reports.set(object, n);
  const mark = { n, namespace, source, hash: everyAspect, key: '', gone: false };
  tables.marks.push(rowOf(mark, orderRow(write.everyAspect)));
}

interface To {
  readonly hash: string;
  readonly n: number;
  /** Those of the batch so far. */
  readonly names: Set<string>;
  /** As served. */
  readonly labels: Readonly<Record<string, string>>;
}

function addIssue(tables: Tables, write: IssueWrite, to: To): void {
  const { n } = to;
  tables.issues.push(issueRecord(write, to, tables.issues.length + 1));
  const issue_id = write.issue.id;
  const { before } = write;
  if (write.closed) tables.episodes.push(rowOf({ n, issue_id }, ...episodeRow(write.closed, before)));
  for (const [place, past] of (write.past ?? []).entries()) {
    tables.episodes.push(rowOf({ n, issue_id, place }, ...pastRow(past, before)));
  }
  if (write.timeline) tables.timeline.push(rowOf({ n, issue_id }, timelineRow(write.timeline)));
}

/** Answers what follows the metadata. */
function addTexts(texts: Texts, { spec, status, ...before }: UnversionedIssue): string {
  const text = storable(JSON.stringify(spec));
  const tail = `,"status":${JSON.stringify(status)}}`;
  texts.head.push(`${JSON.stringify(before).slice(0, -1)},"spec":`);
  texts.spec.push(text);
  texts.tail.push(tail);
  return `,"spec":${text}${tail}`;
}

/**
 * PostgreSQL's json takes escapes on trust that are no text to it (NUL, half a surrogate pair), and every query that
 * looks into such a value fails from then on. All else of an issue is checked as jsonb or text.
 */
function storable(json: string): string {
  if (json.includes('\\u') && NO_TEXT.test(json)) throw new CommitRefused('text with NUL or half a surrogate pair');
  return json;
}

/** In the JSON of JSON.stringify, where a pair is never escaped. */
const NO_TEXT = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/**
 * Two writes of one batch that do not know of each other: the first wins, the second is to be decided again. They clash
 * when they are of the same subject, or of one object of which one writes the deletion ("every aspect") and the other
 * does not. Writes that carry the same deletion are one report, and one that clashes takes the others with it.
 */
function placesOf(writes: readonly SubjectWrite[]): number[] {
  const subjects = new Set<string>();
  const deletions = new Map<string, string>();
  const torn = new Set<string>();
  const fits = writes.map((write) => {
    const deletion = write.everyAspect ? JSON.stringify(orderRow(write.everyAspect)) : '';
    const [subject, object] = [scoped(write.ref, 'hash'), scoped(write.ref, 'everyAspect')];
    const known = deletions.get(object) ?? deletion;
    if (subjects.has(subject) || known !== deletion) {
      if (write.everyAspect) torn.add(object);
      return false;
    }
    subjects.add(subject);
    deletions.set(object, deletion);
    return true;
  });
  let place = 0;
  return writes.map(({ ref, everyAspect }, index) => {
    const whole = !(everyAspect && torn.has(scoped(ref, 'everyAspect')));
    return fits[index] && whole ? ++place : 0;
  });
}

function scoped(ref: SubjectWrite['ref'], hash: 'hash' | 'everyAspect'): string {
  return `${ref.namespace}/${ref.source}/${ref[hash]}`;
}

function markRows({ ref, watermarks }: SubjectWrite, n: number): string[] {
  if (!watermarks.has('')) {
    throw new Error(
      `the write of subject ${ref.subject.kind} ${ref.subject.name} has no watermark '': its version is the subject's`,
    );
  }
  const { namespace, source, hash } = ref;
  const others = Array.from(watermarks).filter(([key]) => key !== '');
  return others.map(([key, order]) =>
    rowOf({ n, namespace, source, hash, key, gone: order === undefined }, orderRow(order)),
  );
}

function issueRecord(write: IssueWrite, { hash, n, names, labels }: To, place: number): string {
  const { issue, op, before } = write;
  const { namespace, name: short_name } = issue;
  const name = `${namespace}/${short_name}`;
  const isNew = op === 'insert';
  const taken = isNew && names.has(name);
  names.add(name);
  const change_op = changeOf(write);
  const tellsBefore = before && change_op && change_op !== 'ADDED';
  return rowOf(
    { place, n, op, taken, short_name, change_op, long_name: isNew ? longName(issue) : undefined },
    tellsBefore ? beforeRow(issue, labels, before) : NOTHING,
    isNew ? identityRow(issue, hash) : NOTHING,
    issueRow(issue, labels),
  );
}

const NOTHING = {};

/** What the log keeps of the version before: only what differs. */
function beforeRow(issue: StoredIssue, labels: To['labels'], before: StoredIssue): object {
  const [labelsBefore, fieldsBefore, fields] = [servedLabels(before), storedFields(before), storedFields(issue)];
  const other = Object.entries(fieldsBefore).filter(([name, value]) => fields[name] !== value);
  return {
    change_before: before.change,
    fields_before: other.length > 0 ? Object.fromEntries(other) : undefined,
    labels_before: sameJson(labels, labelsBefore) ? undefined : labelsBefore,
  };
}

function episodeRow(episode: Episode, before: StoredIssue | undefined): object[] {
  const { number, openedAt, resolvedAt, reason, uid, createdAt } = episode;
  const span = { number, opened_at: openedAt, resolved_at: resolvedAt, reason, uid, created_at: createdAt };
  return [span, contentRow(episode, before)];
}

/** In the same parameter: what has `until` is no episode but what one said before. */
function pastRow(past: PastContent, before: StoredIssue | undefined): object[] {
  return [{ number: past.number, until: past.until }, contentRow(past, before)];
}

/** Nothing of what the stored row says: it is copied there. */
function contentRow(content: Content, before: StoredIssue | undefined): object {
  const { spec, labels, generation, observed, occurrences, lastSeenAt } = content;
  const isStored =
    before !== undefined &&
    (['spec', 'labels', 'generation', 'observed', 'occurrences', 'lastSeenAt'] as const).every(
      (name) => before[name] === content[name],
    );
  if (isStored) return NOTHING;
  return { spec, labels, generation, observed, occurrences, last_seen_at: lastSeenAt };
}

function timelineRow({ actor, action, comment, auditId, until, detail }: TimelineLine): object {
  return { actor, action, comment, audit_id: auditId, until, detail };
}
