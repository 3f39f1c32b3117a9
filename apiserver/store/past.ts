import type { StoredIssue } from './store.ts';

/**
 * How issues were: the port of everything that answers about a moment of the past. By the observed (valid) time, and by
 * what is known now: an episode that was reported late is in the past from then on, where it belongs (docs/adr/0010).
 */
export interface PastIssues {
  /**
   * The issues that were to be seen right before `before`: those of an episode that had begun and was not over, or not
   * for longer than `visibleFor`; in the order of namespace and name. With what they said then; a StoredIssue of the past
   * has no `change` of its own but that of the row. Fewer than `limit` are the end. Throws StoreUnavailable.
   */
  issuesAsOf(query: PastQuery): Promise<StoredIssue[]>;
}

/** Times in µs. */
export interface PastQuery {
  /** Exclusive. */
  readonly before: number;
  readonly visibleFor: number;
  /** `all`, or only these. */
  readonly namespaces: 'all' | readonly string[];
  /** Only the one with this name in each namespace. */
  readonly name?: string | undefined;
  /** Only those after this one. */
  readonly after?: { readonly namespace: string; readonly name: string } | undefined;
  readonly limit: number;
}
