import { servedLabels, storedFields, type UnversionedIssue, withResourceVersion } from './issue-object.ts';
import type { IssueWrite, StoredChange, StoredIssue } from './store.ts';

/** An issue that a commit wrote. */
export interface WrittenIssue {
  readonly write: IssueWrite;
  /** Of the change, when watches are told of it. */
  readonly number: number;
  /** As it is served now. */
  readonly object: UnversionedIssue;
  /** The JSON of `object` after its metadata. */
  readonly rest: string;
}

/** One change as it was committed. */
interface Recent {
  readonly resourceVersion: number;
  readonly type: StoredChange['type'];
  readonly object: UnversionedIssue;
  readonly rest: string;
  readonly before: StoredIssue | undefined;
}

/** Everything that happened to issues with numbers in (`from`, `upTo`]. */
interface Segment {
  readonly from: number;
  readonly upTo: number;
  readonly changes: readonly Recent[];
}

/** Changes in memory at most, up to 30 KB each: a feed is behind by a batch of 1,000 at the most when all goes well. */
const LIMIT = 1_000;

/**
 * What this process has just committed, so that its own feed need not read it back from the table: under load that was
 * a third of the work of a report. Only an unbroken sequence is answered. Numbers are given and committed under one
 * lock, so a commit of somebody else shows as a gap, and a gap is read from the table.
 */
export class RecentCommits {
  #segments: Segment[] = [];
  #size = 0;
  /** The last stretch without a gap in which there is nothing but what this process did to issues. */
  #known = { from: 0, upTo: 0 };

  /** `from`: the last number before the batch. False when the table has to be asked for it. */
  add(from: number, upTo: number, writes: readonly WrittenIssue[]): boolean {
    this.#learn(from, upTo);
    const changes: Recent[] = [];
    for (const { write, number, object, rest } of writes) {
      const type = changeOf(write);
      if (!type) continue;
      // Who wrote it did not say what was before: let the table answer.
      if (type !== 'ADDED' && !write.before) return false;
      changes.push({ resourceVersion: number, type, object, rest, before: write.before });
    }
    this.#segments.push({ from, upTo, changes });
    this.#size += changes.length;
    while (this.#size > LIMIT) this.#drop();
    return true;
  }

  /** The changes after a number, at most `limit`, or undefined when the table has to be asked. Forgets what is older. */
  after(after: number, limit: number): { changes: StoredChange[]; upTo: number } | undefined {
    this.#segments.sort((a, b) => a.from - b.from);
    while (this.#segments[0] && this.#segments[0].upTo <= after) this.#drop();
    const changes: StoredChange[] = [];
    let upTo = after;
    for (const segment of this.#segments) {
      if (segment.from > upTo) break;
      for (const change of segment.changes) {
        if (change.resourceVersion <= after) continue;
        changes.push(storedChange(change));
        upTo = change.resourceVersion;
        if (changes.length === limit) return { changes, upTo };
      }
      upTo = segment.upTo;
    }
    return changes.length > 0 ? { changes, upTo } : undefined;
  }

  /** For the log of another resource: up to where nothing happened to it, or undefined when the table has to be asked. */
  quietAfter(after: number): number | undefined {
    const { from, upTo } = this.#known;
    return from <= after && after < upTo ? upTo : undefined;
  }

  #learn(from: number, upTo: number): void {
    if (from === this.#known.upTo) this.#known.upTo = upTo;
    else if (upTo === this.#known.from) this.#known.from = from;
    else if (from > this.#known.upTo) this.#known = { from, upTo };
  }

  clear(): void {
    this.#known = { from: 0, upTo: 0 };
    this.#segments = [];
    this.#size = 0;
  }

  #drop(): void {
    this.#size -= this.#segments.shift()?.changes.length ?? 0;
  }
}

/** How watches are told of a write. Nobody sees a hidden issue, so nobody is told that it changed. */
export function changeOf({ issue, op }: IssueWrite): StoredChange['type'] | undefined {
  return op === 'update' && issue.hiddenAt !== undefined ? undefined : CHANGE_OF[op];
}

const CHANGE_OF = { insert: 'ADDED', reveal: 'ADDED', update: 'MODIFIED', hide: 'DELETED' } as const;

function storedChange({ resourceVersion, type, object, rest, before }: Recent): StoredChange {
  const change = { resourceVersion, type, object: withResourceVersion(object, resourceVersion), rest };
  if (type === 'ADDED' || !before) return change;
  return { ...change, previous: { labels: servedLabels(before), fields: storedFields(before) } };
}
