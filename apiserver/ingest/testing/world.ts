import type { OrderKey } from '../../../crds/order.ts';
import type { Finding, Report, ReportBody, ReportOrder, Subject } from '../../../crds/report.ts';
import { type EscalationRule, escalate } from '../../store/escalation.ts';
import type { StoredIssue, SubjectState } from '../../store/store.ts';
import { reportedSpec } from '../../store/transitions.ts';
import { decide } from '../decide.ts';
import { resolveByHand } from '../issues.ts';
import { normalize, refOf } from '../normalize.ts';
import type { NormalizedReport } from '../normalized.ts';
import { newest, RULES, type Rules } from '../rules.ts';
import type { Context } from '../table.ts';

/** A store of the size of a property: the subjects in memory, one report after the other through `decide`. */

export const SECOND = 1_000_000;
export const DAY = 86_400 * SECOND;
/** 2026-11-21T12:00:00Z in µs. */
export const NOON = Date.UTC(2026, 10, 21, 12) * 1_000;

export const SUBJECT: Subject = {
  apiVersion: 'appstudio.redhat.com/v1alpha1',
  kind: 'Component',
  namespace: 'team-a',
  name: 'frontend',
};

/** RFC 3339 of µs. */
export function at(micros: number): string {
  return new Date(micros / 1_000).toISOString();
}

export function finding(key: string, overrides: Partial<Finding> = {}): Finding {
  return { key, type: 'build', severity: 'major', reason: 'TaskRunFailed', title: `${key} failed`, ...overrides };
}

export function report(order: ReportOrder, body: ReportBody, overrides: Partial<Report> = {}): Report {
  return { source: 'tekton-pipelinerun', namespace: 'team-a', subject: SUBJECT, order, body, ...overrides };
}

/** Normalised; throws on faults. */
export function normal(from: Report): NormalizedReport {
  const { report: normalized, faults } = normalize(from);
  if (!normalized) throw new Error(JSON.stringify(faults));
  return normalized;
}

let ids = 0;
export function context(overrides: Partial<Context> = {}): Context {
  const newId = (): string => `id-${++ids}`;
  return { now: NOON, namespaceUid: 'ns-1', retention: 90 * DAY, newId, ...overrides };
}

export function emptyState(from: Pick<Report, 'namespace' | 'source' | 'subject'>): SubjectState {
  const ref = refOf(from.namespace, from.source, from.subject);
  return {
    ref,
    version: 0,
    everyAspectVersion: 0,
    watermarks: new Map(),
    everyAspect: undefined,
    issues: new Map(),
  };
}

export class World {
  readonly #subjects = new Map<string, SubjectState>();
  readonly #rules: Rules;
  #everyAspect: OrderKey | undefined;

  constructor(rules: Rules = RULES) {
    this.#rules = rules;
  }

  /** All subjects of a world are aspects of one object. */
  apply(observed: NormalizedReport, how: Context): void {
    const { body } = observed;
    const everyAspect = body.kind === 'deleted' && body.what === 'everyAspect';
    const own = this.#state(observed);
    const states = everyAspect ? new Set([own, ...this.#subjects.values()]) : [own];
    let remembered = this.#everyAspect;
    for (const state of states) {
      const verdict = decide({ ...state, everyAspect: this.#everyAspect }, observed, how, this.#rules);
      this.#subjects.set(state.ref.hash, verdict.state);
      remembered = verdict.state.everyAspect;
    }
    this.#everyAspect = remembered;
  }

  resolveByHand(key: string, now: number): void {
    for (const [hash, state] of this.#subjects) {
      const issue = state.issues.get(key);
      if (issue?.state !== 'Active') continue;
      const write = resolveByHand(issue, { now, actor: 'ann' });
      this.#subjects.set(hash, { ...state, issues: new Map(state.issues).set(key, write.issue) });
    }
  }

  /** What the sweeper does because time passed: severities rise. Answers how many it wrote. */
  escalate(rules: readonly EscalationRule[], now: number): number {
    let written = 0;
    for (const [hash, state] of this.#subjects) {
      const writes = [...state.issues.values()].flatMap((issue) => escalate(issue, rules, now) ?? []);
      written += writes.length;
      const issues = new Map([...state.issues, ...writes.map(({ issue }) => [issue.spec.key, issue] as const)]);
      this.#subjects.set(hash, { ...state, issues });
    }
    return written;
  }

  issues(): StoredIssue[] {
    return [...this.#subjects.values()].flatMap(({ issues }) => [...issues.values()]);
  }

  /** Content of the Active issues by aspect and key: what order must not change. */
  active(): Record<string, unknown> {
    const active = this.issues().filter((issue) => issue.state === 'Active');
    return Object.fromEntries(active.map((issue) => [nameOf(issue), contentOf(issue)]));
  }

  /** Every mark as far as it decides anything: the newest of the key's own, the subject's and every aspect's. */
  marks(aspects: readonly string[], keys: readonly string[]): Record<string, OrderKey> {
    const marks: Record<string, OrderKey> = {};
    for (const aspect of aspects) {
      const watermarks = this.#state({ ref: refOf('team-a', 'tekton-pipelinerun', { ...SUBJECT, aspect }) }).watermarks;
      const complete = newest(watermarks.get(''), this.#everyAspect);
      for (const key of ['', ...keys]) {
        const mark = newest(complete, watermarks.get(key));
        if (mark) marks[`${aspect}|${key}`] = mark;
      }
    }
    return marks;
  }

  #state({ ref }: Pick<NormalizedReport, 'ref'>): SubjectState {
    return this.#subjects.get(ref.hash) ?? { ...emptyState({ ...ref }), ref };
  }
}

export function nameOf({ spec: { subject, key } }: Pick<StoredIssue, 'spec'>): string {
  return `${subject.aspect ?? ''}|${key}`;
}

/** As it was reported: how old an episode is, and so what age made of it, depends on the order. */
export function contentOf(issue: StoredIssue): unknown {
  const { labels, observed, expiresAt, contentHash } = issue;
  return { spec: reportedSpec(issue), labels, observed, expiresAt, contentHash };
}
