import type { Comparison } from './oracle/compare.ts';
import type { Result } from './run.ts';
import { type Score, scoresOf } from './score.ts';
import type { Path } from './target.ts';

/** All that a run found, for every printer. */
export interface Report {
  /** `issues.v1alpha1.faultline.dev`. */
  readonly resource: string;
  readonly server: string;
  readonly path: Path;
  readonly results: readonly Result[];
  readonly scores: readonly Score[];
  /** Undefined without an oracle. */
  readonly oracle: OracleReport | undefined;
}

export interface OracleReport {
  readonly resource: string;
  readonly comparisons: readonly Comparison[];
}

export function reportOf(report: Omit<Report, 'scores'>): Report {
  return { ...report, scores: scoresOf(report.results) };
}

/** Whether every MUST that could be seen was met, and some could. */
export function meetsEveryMust({ results, scores }: Report): boolean {
  return (
    results.some(({ outcome }) => outcome !== 'skipped') && !scores.some((one) => one.level === 'MUST' && one.failed)
  );
}
