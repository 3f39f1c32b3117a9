import { randomUUID } from 'node:crypto';
import { decide } from '../../apiserver/ingest/decide.ts';
import { normalize } from '../../apiserver/ingest/normalize.ts';
import type { FlappingRule } from '../../apiserver/store/flapping.ts';
import { FLAPPING } from '../../apiserver/store/flapping.ts';
import type { StoredIssue, SubjectState } from '../../apiserver/store/store.ts';
import type { Sink } from '../../controllers/runtime/index.ts';
import type { Report, ReportResult } from '../../crds/report.ts';

/** What a report did to an issue. */
export interface Transition {
  /** ms: when it would have been stored. */
  readonly at: number;
  readonly what: 'opened' | 'reopened' | 'resolved' | 'changed';
  /** It began to open again too often: the server's condition Flapping. */
  readonly flaps: boolean;
  readonly issue: StoredIssue;
}

/** The decision table over subjects in memory: what the server would store, without a server. */
export class DecidingSink implements Sink {
  readonly transitions: Transition[] = [];
  readonly #now: () => number;
  readonly #flapping: FlappingRule | undefined;
  readonly #subjects = new Map<string, SubjectState>();

  /** `now` in ms. */
  constructor(now: () => number, flapping: FlappingRule | undefined) {
    this.#now = now;
    this.#flapping = flapping;
  }

  issues(): StoredIssue[] {
    return [...this.#subjects.values()].flatMap(({ issues }) => [...issues.values()]);
  }

  async submit(reports: readonly Report[]): Promise<ReportResult[]> {
    return reports.map((report, index) => this.#decide(report, index));
  }

  async room(): Promise<void> {}

  #decide(raw: Report, index: number): ReportResult {
    const { report, faults } = normalize(raw);
    if (faults) return { index, status: 422, error: faults.map(({ message }) => message).join('; ') };
    const { ref } = report;
    const id = `${ref.namespace}/${ref.hash}`;
    const before = this.#subjects.get(id) ?? {
      ...{ ref, version: 0, everyAspectVersion: 0, everyAspect: undefined },
      ...{ watermarks: new Map(), issues: new Map() },
    };
    const now = this.#now();
    const { state, decisions, writes } = decide(before, report, {
      now: now * 1_000,
      namespaceUid: '',
      retention: Number.POSITIVE_INFINITY,
      flapping: this.#flapping,
      newId: randomUUID,
    });
    this.#subjects.set(id, state);
    for (const { issue } of writes) {
      const was = before.issues.get(issue.spec.key);
      const flaps = isFlapping(issue) && !isFlapping(was);
      this.transitions.push({ at: now, what: happened(was, issue), flaps, issue });
    }
    return { index, status: 200, decisions: [...decisions] };
  }
}

function isFlapping(issue: StoredIssue | undefined): boolean {
  return issue?.conditions.some(({ type }) => type === FLAPPING) === true;
}

function happened(before: StoredIssue | undefined, after: StoredIssue): Transition['what'] {
  if (before === undefined) return 'opened';
  if (before.state === after.state) return 'changed';
  return after.state === 'Active' ? 'reopened' : 'resolved';
}
