import type { Finding, Report, ReportBody, ReportOrder } from '../../../crds/report.ts';
import type { StoredIssue } from '../../store/store.ts';
import { decide, type Verdict } from '../decide.ts';
import type { NormalizedReport } from '../normalized.ts';
import type { Context } from '../table.ts';
import { at, context, emptyState, finding, normal, report, SECOND } from './world.ts';

/** Short words for reports and verdicts, for the tests of single cells. */

export const HOUR = 3_600 * SECOND;
export const run = (completedAt: number, more: Partial<ReportOrder & { class: 'run' }> = {}): ReportOrder => ({
  class: 'run',
  completedAt: at(completedAt),
  createdAt: at(completedAt - HOUR / 2),
  uid: `uid-${completedAt}`,
  detail: 0,
  epoch: 1,
  sequence: 1,
  ...more,
});
export const state = (sequence: number, epoch = 1): ReportOrder => ({ class: 'state', epoch, sequence });
export const failing = (...findings: Finding[]): ReportBody => ({ complete: true, findings });
export const RED = failing(finding('run'));
export const HEALTHY = failing();
export const some = (findings: Finding[], resolve: string[] = []): ReportBody => ({
  complete: false,
  findings,
  resolve,
});
export const object = (name: string): Partial<Report> => ({
  observed: { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name, uid: `uid-of-${name}` },
});

/** The last verdict of some reports, one after the other. */
export function deciding(reports: readonly (Report | NormalizedReport)[], how: Partial<Context> = {}): Verdict {
  let verdict: Verdict = { state: emptyState(report(state(1), RED)), decisions: [], writes: [] };
  for (const each of reports) {
    verdict = decide(verdict.state, 'ref' in each ? each : normal(each), context(how));
  }
  return verdict;
}

export function cells({ decisions }: Verdict): string[] {
  return decisions.map(({ key, cell }) => `${cell} ${key}`);
}

export function issueOf({ state }: Verdict, key = 'run'): StoredIssue {
  const issue = state.issues.get(key);
  if (!issue) throw new Error(`no issue ${key}`);
  return issue;
}
