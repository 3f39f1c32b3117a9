import { compareOrder, type OrderKey } from '../../crds/order.ts';
import type { Report } from '../../crds/report.ts';
import { parseTime } from '../../crds/time.ts';
import type { LookContext } from './looks.ts';

/**
 * The looks at the objects of an initial list, held until all of them are decided. Of class `run`, per subject, what
 * matters is the newest decided run and the failing ones before it, back to the last healthy one, at most 50; older
 * ones cannot change anything any more. They are sent oldest first, so that episodes are told in their order.
 */
export const MAX_BACKLOG = 50;

export interface BacklogEntry {
  /** The observed object's key. */
  readonly key: string;
  readonly subjectId: string;
  readonly report: Report;
  /** That it is from. */
  readonly look?: LookContext | undefined;
}

export class Backlog {
  /** Ascending by order key. */
  readonly #subjects = new Map<string, BacklogEntry[]>();
  readonly #subjectsOfKey = new Map<string, Set<string>>();
  readonly #superseded: (key: string) => void;

  /** `superseded`: told the key of each look that does not matter. */
  constructor(superseded: (key: string) => void = () => {}) {
    this.#superseded = superseded;
  }

  has(key: string): boolean {
    return this.#subjectsOfKey.has(key);
  }

  /** Replaces what an earlier look at the same object said. */
  put(key: string, entries: readonly BacklogEntry[]): void {
    this.drop(key);
    this.#subjectsOfKey.set(key, new Set(entries.map((entry) => entry.subjectId)));
    for (const entry of entries) this.#insert(entry);
  }

  drop(key: string): void {
    for (const subjectId of this.#subjectsOfKey.get(key) ?? []) {
      const entries = this.#subjects.get(subjectId) ?? [];
      this.#subjects.set(
        subjectId,
        entries.filter((entry) => entry.key !== key),
      );
    }
    this.#subjectsOfKey.delete(key);
  }

  /** Everything that matters, oldest first; empties the backlog. */
  take(): BacklogEntry[] {
    const entries = [...this.#subjects.values()].flat();
    this.#subjects.clear();
    this.#subjectsOfKey.clear();
    return entries.sort((a, b) => compareReports(a.report, b.report));
  }

  #insert(entry: BacklogEntry): void {
    const entries = this.#subjects.get(entry.subjectId) ?? [];
    const newer = entries.findIndex((other) => compareReports(other.report, entry.report) > 0);
    entries.splice(newer < 0 ? entries.length : newer, 0, entry);
    this.#subjects.set(entry.subjectId, entry.report.order.class === 'run' ? this.#relevant(entries) : entries);
  }

  #relevant(entries: BacklogEntry[]): BacklogEntry[] {
    const lastHealthy = entries.findLastIndex((entry) => !isFailing(entry.report));
    const from = Math.max(lastHealthy, 0, entries.length - MAX_BACKLOG);
    for (const { key } of entries.slice(0, from)) this.#superseded(key);
    return from === 0 ? entries : entries.slice(from);
  }
}

export function isFailing(report: Report): boolean {
  return 'findings' in report.body && report.body.findings.length > 0;
}

export function compareReports(a: Report, b: Report): number {
  return compareOrder(orderKey(a), orderKey(b));
}

/** When the run was over, as far as known, ms: what its age is measured by. */
export function runTime(report: Report): number | undefined {
  if (report.order.class !== 'run') return undefined;
  return parseTime(report.order.completedAt) ?? parseTime(report.order.createdAt);
}

function orderKey({ order }: Report): OrderKey {
  if (order.class === 'received') return { class: 'received', stampedAt: 0 };
  if (order.class === 'state') return order;
  const { completedAt, createdAt, ...rest } = order;
  const completed = parseTime(completedAt);
  const created = parseTime(createdAt);
  return {
    ...rest,
    ...(completed !== undefined && { completedAt: completed * 1_000 }),
    ...(created !== undefined && { createdAt: created * 1_000 }),
  };
}
