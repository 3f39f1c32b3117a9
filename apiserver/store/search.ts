import type { IssueState, Severity } from '../../crds/issue.ts';
import type { StoredIssue } from './store.ts';

/**
 * Finding issues among all that are stored, hidden ones too (docs/search.md). Answers from an index that follows the
 * change log by about a second; what is answered is read as it is now.
 */
export interface IssueSearch {
  /** One page. Throws StoreUnavailable. */
  search(query: SearchQuery): Promise<SearchPage>;
  /** Names of the issues of the visible set whose text matches; undefined: more than 10,000 do. Throws StoreUnavailable. */
  findVisible(
    text: string,
    namespaces: Scope,
  ): Promise<readonly { readonly namespace: string; readonly name: string }[] | undefined>;
}

/** Every namespace, or these and no others. */
export type Scope = 'all' | readonly string[];

export interface SearchQuery {
  readonly namespaces: Scope;
  /** Words, "phrases" and -exclusions; the last word may be a beginning. Absent: filters alone. */
  readonly text?: string | undefined;
  /** Where the evidence is searched too. Default: nowhere. */
  readonly evidenceIn?: Scope | undefined;
  readonly filter: SearchFilter;
  readonly sort: SearchSort;
  /** Where the page before ended. */
  readonly after?: SearchPosition | undefined;
  readonly limit: number;
}

/** Every member narrows; a list is any of its values. Times in µs. */
export interface SearchFilter {
  readonly severities?: readonly Severity[] | undefined;
  readonly states?: readonly IssueState[] | undefined;
  readonly types?: readonly string[] | undefined;
  readonly sources?: readonly string[] | undefined;
  readonly reasons?: readonly string[] | undefined;
  readonly subjectKinds?: readonly string[] | undefined;
  readonly subjects?: readonly string[] | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly assignees?: readonly string[] | undefined;
  readonly stages?: readonly string[] | undefined;
  readonly labels?: readonly SearchLabel[] | undefined;
  readonly openedSince?: number | undefined;
  readonly openedBefore?: number | undefined;
}

export type SearchLabel =
  | { readonly operator: 'exists' | 'absent'; readonly key: string }
  | { readonly operator: 'in' | 'notin'; readonly key: string; readonly values: ReadonlySet<string> };

export const SORT_COLUMNS = [
  'openedAt', 'resolvedAt', 'lastSeenAt', 'severity', 'type', 'state', 'source', 'reason', 'title', 'namespace', 'name',
  'subject', 'stage', 'group', 'assignee', 'occurrences', 'reopened',
] as const; // biome-ignore format: one line reads better
export type SortColumn = (typeof SORT_COLUMNS)[number];

export interface SearchSort {
  /** `relevance` needs a text. */
  readonly by: SortColumn | 'relevance';
  readonly descending: boolean;
}

/** A key, not an offset: pages stay right while issues come and go. */
export interface SearchPosition {
  /** The value of the sort column, or the score. */
  readonly value: string | number;
  readonly id: string;
  /** How the first page was matched. */
  readonly match: SearchMatch;
}

/**
 * `words`: full-text search. `similar`: nothing had these words, so names and titles that look like the text are given,
 * within a limit of time.
 */
export type SearchMatch = 'words' | 'similar';

export interface SearchPage {
  readonly hits: readonly SearchHit[];
  readonly match: SearchMatch;
  /** Absent on the last page. */
  readonly next?: SearchPosition;
  /** More matched than are ranked: only the newest of them are. */
  readonly ranked?: number;
}

export interface SearchHit {
  readonly issue: StoredIssue;
  /** Of a text, comparable within one search. */
  readonly score?: number;
  /** A part of the issue with the words that matched between `**`; plain text of somebody else. */
  readonly snippet?: string;
}
