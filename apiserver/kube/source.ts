import type { KubernetesObject } from '../../crds/meta.ts';

/**
 * Where a served resource comes from: the port that the watch cache needs, implemented by the store's change log for
 * issues and by anything with ordered change numbers for others (a poller over a table with a version column).
 *
 * Change numbers are global: strictly increasing integers below 2^53 in commit order (aggregated-api V1–V3), never 0.
 */
export interface ChangeSource<T extends KubernetesObject = KubernetesObject> {
  /**
   * All visible objects, exact at `resourceVersion`. `floor`: the oldest number that `since` can start from. A source
   * that reads page by page hands the pages to `receive`, where it is given, and answers the objects that it has not
   * handed over: ten thousand parsed objects need not be in memory at once. `rests`: `Change.rest` of each of the page, where
   * the source has it ready. When it throws, what was received is void.
   */
  snapshot(
    receive?: (page: T[], rests?: readonly string[]) => void,
  ): Promise<{ resourceVersion: number; floor: number; objects: T[] }>;
  /**
   * Changes of this resource with numbers in (after, upTo], ascending, at most `limit`. `upTo` is global, so that
   * quiet resources advance too. `after` below `floor` means that changes are missing: the caller answers 410.
   */
  since(after: number, limit: number): Promise<{ changes: Change<T>[]; upTo: number; floor: number }>;
  /**
   * The objects as they were right before the changes with these numbers, where the log still has them: what a watch says
   * of an object that left its selector (W7). A source without it, or without the version, lets clients see the object as
   * it became, with the labels that it had.
   */
  before?(changes: readonly number[]): Promise<readonly { readonly change: number; readonly object: T }[]>;
  /** The last committed number now (a consistent read). */
  latest(): Promise<number>;
  /** Yields when something may have changed, at least every 200 ms or so: a hint, never the truth. */
  wakeUps(signal: AbortSignal): AsyncIterable<void>;
  /** Changes when the database is another one (restore, failover): caches drop and watches end with 410. */
  identity(): Promise<string>;
}

export interface Change<T extends KubernetesObject = KubernetesObject> {
  readonly resourceVersion: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** The object with metadata.resourceVersion of this change; for DELETED its last state with the deletion's number. */
  readonly object: T;
  /**
   * The JSON of `object` after its metadata, for sources that have it ready: from the comma to the last brace, members in
   * their order, without apiVersion and kind.
   */
  readonly rest?: string;
  /** Labels and selectable fields of the version before this change; absent for ADDED. */
  readonly previous?: { readonly labels: Record<string, string>; readonly fields: Record<string, string> };
}
