import type { Target } from './connection.ts';
import type { ReportPlan } from './plan.ts';

/** What the bench asks of the load generator's process. */
export type Command =
  /** Connect and write all requests down, so that sending them costs little. */
  | { readonly do: 'prepare'; readonly target: Target; readonly connections: number; readonly work: Work }
  /** Send them all, each connection taking the next when its last was answered. */
  | { readonly do: 'run' };

export interface Work {
  readonly plans: readonly ReportPlan[];
  /** Reports in one request; 1 sends a report, more an array. */
  readonly perRequest: number;
}

export type Reply =
  | { readonly did: 'prepare'; readonly requests: number; readonly bytes: number }
  | ({ readonly did: 'run' } & LoadResult)
  | { readonly did: 'fail'; readonly message: string };

export interface LoadResult {
  readonly elapsedMs: number;
  readonly requests: number;
  readonly reports: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Reports that came again, as docs/reports.md asks, because they were answered 429 or 503; their waiting is in the times above. */
  readonly sentAgain: number;
  /** Reports answered in the end with another status than 200, and requests that were refused, by what was said. */
  readonly refused: Readonly<Record<string, number>>;
}
