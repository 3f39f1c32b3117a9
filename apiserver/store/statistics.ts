import type { IssueCounts, IssueStatisticsStatus } from '../../crds/issue-statistics.ts';
import type { Scope } from './search.ts';

/** Numbers about what broke and how long it took (docs/history.md). From the rows and the closed episodes themselves. */
export interface IssueStatistics {
  /** Throws StoreUnavailable. */
  statistics(query: StatisticsQuery): Promise<Statistics>;
}

/** Times in µs. Episodes count by the observed time at which they began and ended. */
export interface StatisticsQuery {
  readonly namespaces: Scope;
  readonly types?: readonly string[] | undefined;
  /** Names of subjects. */
  readonly subjects?: readonly string[] | undefined;
  readonly since: number;
  readonly until: number;
  /** Rows of each list at most. */
  readonly limit: number;
}

export type Counts = IssueCounts;

/** What is answered, but for the times. */
export type Statistics = Omit<IssueStatisticsStatus, 'since' | 'until'>;
