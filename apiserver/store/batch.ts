import { unversionedIssue } from './issue-object.ts';
import { issueRow, longName } from './issue-row.ts';
import { orderRow } from './order-row.ts';
import { changeOf } from './recent-commits.ts';
import {
  CommitRefused,
  type Content,
  type Episode,
  type IssueWrite,
  type PastContent,
  type SubjectWrite,
  type TimelineLine,
} from './store.ts';

/** One batch as the parameters of `COMMIT_WRITE`. */
export interface Batch {
  readonly values: readonly string[];
  /** What is before, in and after `spec` of each issue as served; a line each, because JSON has no line feeds. */
  readonly texts: readonly string[];
  /** How many change numbers it needs at most. */
  readonly numbers: number;
  /** Place of each write among the subjects sent, from 1; 0 when it conflicts within the batch and was not sent. */
  readonly places: readonly number[];
  /** The issues that were sent, each at its place from 1, with the place of its subject. */
  readonly issues: readonly { readonly write: IssueWrite; readonly n: number }[];
}

/** Rows of each parameter of `COMMIT_WRITE`, in its order. */
interface Tables {
  readonly subjects: object[];
  readonly marks: object[];
  readonly issues: object[];
  readonly episodes: object[];
  readonly deliveries: object[];
  readonly timeline: object[];
}

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
  const issues: { write: IssueWrite; n: number }[] = [];
  const reports = new Map<string, number>();
  for (const [index, write] of writes.entries()) {
    const n = places[index] as number;
    if (n === 0) continue;
    addSubject(tables, write, n, reports);
    for (const each of write.issues) {
      issues.push({ write: each, n });
      addIssue(tables, each, { hash: write.ref.hash, n, names });
      addTexts(texts, each);
    }
    for (const remark of write.remarks ?? []) {
      tables.timeline.push({ n, issue_id: remark.issueId, ...timelineRow(remark) });
    }
    for (const { source, id, result } of write.deliveries ?? []) {
      tables.deliveries.push({ n, source, delivery_id: id, result });
    }
  }
  return {
    places,
    issues,
    numbers: tables.issues.length,
    values: Object.values(tables).map((rows) => JSON.stringify(rows)),
    texts: [texts.head, texts.spec, texts.tail].map((lines) => lines.join('\n')),
  };
}

/** `reports`: place of the first write of each deletion of a whole object; the others go with it. */
function addSubject(tables: Tables, write: SubjectWrite, n: number, reports: Map<string, number>): void {
  const { namespace, source, hash, everyAspect } = write.ref;
  const object = scoped(write.ref, 'everyAspect');
  const together = write.everyAspect ? (reports.get(object) ?? n) : n;
  tables.subjects.push({
    ...{ n, together, namespace, source, hash, every: everyAspect },
    version: write.expectedVersion,
    every_version: write.expectedEveryAspectVersion,
    ...orderRow(write.watermarks.get('')),
  });
  tables.marks.push(...markRows(write, n));
  if (!write.everyAspect || together !== n) return;
  reports.set(object, n);
  const mark = { n, namespace, source, hash: everyAspect, key: '', gone: false };
  tables.marks.push({ ...mark, ...orderRow(write.everyAspect) });
}

function addIssue(tables: Tables, write: IssueWrite, to: { hash: string; n: number; names: Set<string> }): void {
  const { hash, n, names } = to;
  tables.issues.push(issueRecord(write, { hash, n, names, place: tables.issues.length + 1 }));
  const issue_id = write.issue.id;
  if (write.closed) tables.episodes.push({ n, issue_id, ...episodeRow(write.closed) });
  for (const [place, past] of (write.past ?? []).entries()) {
    tables.episodes.push({ n, issue_id, place, ...pastRow(past) });
  }
  if (write.timeline) tables.timeline.push({ n, issue_id, ...timelineRow(write.timeline) });
}

function addTexts(texts: Texts, { issue }: IssueWrite): void {
  const { spec, status, ...before } = unversionedIssue(issue);
  texts.head.push(`${JSON.stringify(before).slice(0, -1)},"spec":`);
  texts.spec.push(storable(JSON.stringify(spec)));
  texts.tail.push(`,"status":${JSON.stringify(status)}}`);
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

function markRows({ ref, watermarks }: SubjectWrite, n: number): object[] {
  if (!watermarks.has('')) {
    throw new Error(
      `the write of subject ${ref.subject.kind} ${ref.subject.name} has no watermark '': its version is the subject's`,
    );
  }
  const { namespace, source, hash } = ref;
  const others = Array.from(watermarks).filter(([key]) => key !== '');
  return others.map(([key, order]) => ({
    ...{ n, namespace, source, hash, key, gone: order === undefined },
    ...orderRow(order),
  }));
}

function issueRecord(
  write: IssueWrite,
  { hash, n, names, place }: { hash: string; n: number; names: Set<string>; place: number },
): object {
  const { issue, op } = write;
  const name = `${issue.namespace}/${issue.name}`;
  const taken = op === 'insert' && names.has(name);
  names.add(name);
  const change_op = changeOf(write);
  return {
    ...{ place, n, op, taken },
    short_name: issue.name,
    ...(change_op ? { change_op } : {}),
    ...(op === 'insert' ? { long_name: longName(issue) } : {}),
    ...issueRow(issue, hash, op === 'insert'),
  };
}

function episodeRow(episode: Episode): object {
  const { number, openedAt, resolvedAt, reason, uid, createdAt } = episode;
  const span = { number, opened_at: openedAt, resolved_at: resolvedAt, reason, uid, created_at: createdAt };
  return { ...span, ...contentRow(episode) };
}

/** In the same parameter: what has `until` is no episode but what one said before. */
function pastRow(past: PastContent): object {
  return { number: past.number, until: past.until, ...contentRow(past) };
}

function contentRow({ spec, labels, generation, observed, occurrences, lastSeenAt }: Content): object {
  return { spec, labels, generation, observed, occurrences, last_seen_at: lastSeenAt };
}

function timelineRow({ actor, action, comment, auditId, until, detail }: TimelineLine): object {
  return { actor, action, comment, audit_id: auditId, until, detail };
}
