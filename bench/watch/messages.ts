import type { Target } from '../load/connection.ts';

/** Where watches are opened and by what a change is made. */
export interface Plan {
  readonly watch: Target;
  /** Path and query of the watch. */
  readonly path: string;
  readonly watchers: number;
  readonly write: Target;
  /** Each request makes one change. Change n is known by `mark(n)` in the object of its event. */
  readonly changes: readonly Change[];
  /** ms from one change to the next. */
  readonly everyMs: number;
}

export interface Change {
  readonly number: number;
  readonly method: 'POST' | 'PATCH';
  readonly path: string;
  readonly contentType: string;
  readonly body: string;
}

/** What is found in an event of change n and in no other. */
export function mark(number: number): string {
  return `attempt ${number})`;
}

export interface FanOut {
  /** From sending a change to its event at each watcher, ms: over all watchers and changes. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Events that arrived; watchers × changes when none is missing. */
  readonly events: number;
}

export type Reply = ({ readonly did: 'run' } & FanOut) | { readonly did: 'fail'; readonly message: string };
