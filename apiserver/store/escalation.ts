import { SEVERITIES, type Severity } from '../../crds/issue.ts';
import { formatTime } from '../../crds/time.ts';
import { type IssueWrite, NOBODY, type StoredIssue } from './store.ts';
import { pastOf, reportedSpec, severityLine, withoutEscalation } from './transitions.ts';

/** Severity that rises with age (docs/adr/0008): pure. The sweeper writes what `escalate` says. */

/** An issue that was reported as `severity` becomes `to`, which is worse, `after` µs of one episode. */
export interface EscalationRule {
  /** Absent: of any type. */
  readonly type?: string;
  readonly severity: Severity;
  readonly after: number;
  readonly to: Severity;
}

/**
 * The rules with those that follow from two of them: minor → major after a day and major → critical after three make
 * minor → critical after three. So each issue is decided by one rule about what was reported.
 */
export function closure(rules: readonly EscalationRule[]): EscalationRule[] {
  const all = [...rules];
  // The list grows while it is read; every step is to something worse, so it ends.
  for (const first of all) {
    for (const second of rules) {
      if (second.severity !== first.to || !areCompatible(first.type, second.type)) continue;
      const type = first.type ?? second.type;
      const after = Math.max(first.after, second.after);
      all.push({ ...(type !== undefined && { type }), severity: first.severity, after, to: second.to });
    }
  }
  return all;
}

function areCompatible(a: string | undefined, b: string | undefined): boolean {
  return a === undefined || b === undefined || a === b;
}

/** What the severity of an Active issue shall be at `now` (µs): the worst that a rule of `closed` (`closure`) says. */
export function severityAt(issue: StoredIssue, closed: readonly EscalationRule[], now: number): Severity {
  const { severity: reported, type } = reportedSpec(issue);
  const said = closed.filter(
    (rule) => rule.severity === reported && areCompatible(rule.type, type) && issue.openedAt <= now - rule.after,
  );
  return said.reduce<Severity>((worst, { to }) => (rank(to) < rank(worst) ? to : worst), reported);
}

/** What is to be written now; undefined when the issue is Resolved or has the severity that it shall have. */
export function escalate(issue: StoredIssue, closed: readonly EscalationRule[], now: number): IssueWrite | undefined {
  const severity = severityAt(issue, closed, now);
  if (issue.state !== 'Active' || severity === issue.spec.severity) return undefined;
  const reported = withoutEscalation(issue);
  const from = reported.spec.severity;
  const next: StoredIssue = {
    ...reported,
    ...(severity !== from && { escalated: { from, at: formatTime(now / 1_000) } }),
    spec: { ...reported.spec, severity },
    generation: issue.generation + 1,
    changedAt: now,
  };
  const line = severityLine(issue, next) ?? { actor: NOBODY, action: 'severity' };
  // Nobody has seen it failing now, but now it is what it says.
  const past = pastOf(issue, next).past?.map((before) => ({ ...before, until: now }));
  return { op: 'update', issue: next, ...(past && { past }), timeline: { ...line, action: 'escalate' } };
}

/** SEVERITIES begins with the worst. */
export function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}
