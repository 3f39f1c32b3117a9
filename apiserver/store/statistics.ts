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

export interface Counts {
  /** Active now. */
  readonly open: number;
  /** Episodes that began. */
  readonly opened: number;
  /** Episodes that ended. */
  readonly resolved: number;
  /** Of those that ended; absent when none did. */
  readonly meanSecondsToResolve?: number;
}

export interface Statistics {
  readonly total: Counts;
  /** Days of UTC, `2026-11-21`, oldest first; those with nothing too. */
  readonly days: readonly { readonly day: string; readonly opened: number; readonly resolved: number }[];
  readonly namespaces: readonly (Counts & { readonly namespace: string })[];
  readonly types: readonly (Counts & { readonly type: string })[];
  readonly subjects: readonly (Counts & SubjectName)[];
  /** The issues that began most often. */
  readonly mostFrequent: readonly (SubjectName & {
    readonly name: string;
    readonly title: string;
    readonly type: string;
    readonly episodes: number;
  })[];
}

export interface SubjectName {
  readonly namespace: string;
  readonly kind: string;
  readonly subject: string;
}
