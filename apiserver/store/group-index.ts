import type { IssueSpec, IssueState } from '../../crds/issue.ts';
import type { GroupDay } from '../../crds/issue-group.ts';
import type { ObjectKey } from './resource-log.ts';

/**
 * The port through which groups find their members: which issue is in which group, kept beside the issues and outside of
 * the commit that reports wait for. All that a group is made of is read from the issues themselves.
 */
export interface GroupIndex {
  /** Where the follower of this name goes on; undefined when it never was, or the log does not go back that far. */
  position(follower: string): Promise<number | undefined>;
  /** Remembers how far it came, and forgets followers of other names: what they left is not what this one leaves. */
  save(follower: string, change: number): Promise<void>;
  /** The last committed number. */
  latest(): Promise<number>;
  /** Issues that changed after `after`, each once, of the next 50,000 changes or fewer. */
  changed(
    after: number,
  ): Promise<{ readonly keys: readonly ObjectKey[]; readonly upTo: number; readonly more: boolean }>;
  /** The next issues that may be in a group: those that are visible, and hidden ones that name one. `next`: where to go on. */
  scan(
    after: string | undefined,
  ): Promise<{ readonly issues: readonly IndexedIssue[]; readonly next: string | undefined }>;
  /** Those that are stored, and what the index says of each that it knows. */
  read(keys: readonly ObjectKey[]): Promise<readonly (IndexedIssue | UnknownIssue)[]>;
  /**
   * Puts issues into groups or takes them out, and marks every group that gains, loses or has one of them as stale, in one
   * transaction. An entry of an older version of its issue than the index has changes nothing.
   */
  write(entries: readonly IndexEntry[]): Promise<void>;
  /** Takes out issues that are no longer stored: retention tells nobody. Answers how many. */
  prune(): Promise<number>;
  /** Marks all groups as stale, those that are served (`resource`) included. */
  markAll(resource: string): Promise<void>;
  /** Groups whose content has to be made again, at most `limit`. */
  stale(limit: number): Promise<readonly StaleGroup[]>;
  /** Those are done, unless they were marked again meanwhile. */
  settle(groups: readonly StaleGroup[]): Promise<void>;
  /** The members of these groups, in pages, in the order of groups; only those in `namespaces` when it is given. */
  members(groups: readonly string[], namespaces?: readonly string[]): AsyncIterable<readonly IndexedMember[]>;
  /** Those of these groups with more than `beyond` members (in `namespaces`). */
  crowded(groups: readonly string[], beyond: number, namespaces?: readonly string[]): Promise<readonly string[]>;
  /** What `tallyMembers` makes of all members of a group, counted by the database; undefined when there are none. */
  tally(group: string, namespaces?: readonly string[]): Promise<GroupTally | undefined>;
  /** As `members` of one group, but at most `most`: the worst open ones, and those that were resolved last. */
  foremost(group: string, most: Members, namespaces?: readonly string[]): AsyncIterable<readonly IndexedMember[]>;
  /** Names of served groups with members in these namespaces, in order, at most `limit` after `after`. */
  names(resource: string, after: string, limit: number, namespaces?: readonly string[]): Promise<readonly string[]>;
}

/** How many of a group are open and resolved. */
export interface Members {
  readonly open: number;
  readonly resolved: number;
}

/** All members of a group, counted. Lists have what is there most often first, and are cut as those of an IssueGroup. */
export interface GroupTally extends Members {
  /** In how many namespaces, and for how many reasons, members are open. */
  readonly openNamespaces: number;
  readonly openReasons: number;
  readonly namespaces: readonly { readonly namespace: string; readonly open: number }[];
  readonly reasons: readonly { readonly reason: string; readonly open: number }[];
  /** µs since 1970: the last stretch in which at least one of them was open; `resolvedAt` is absent while it lasts. */
  readonly openedAt: number;
  readonly resolvedAt?: number;
  /** The last days on which something opened or resolved, the newest last. */
  readonly days: readonly GroupDay[];
}

/** An issue as far as groups need it. Times are µs since 1970. */
export interface IndexedIssue extends ObjectKey {
  readonly id: string;
  readonly spec: IssueSpec;
  readonly state: IssueState;
  readonly openedAt: number;
  readonly resolvedAt?: number;
  readonly hidden: boolean;
  readonly observedName?: string;
  /** Number of its last change. */
  readonly change: number;
  /** In which group the index has it, and as what. */
  readonly indexed?: { readonly group: string; readonly digest: string };
}

/** In the index, but no longer stored. */
export interface UnknownIssue extends ObjectKey {
  readonly id?: undefined;
}

export interface IndexedMember extends IndexedIssue {
  readonly group: string;
  /** Closed episodes before the current or last one, the last 50 of them. */
  readonly earlier: readonly { readonly openedAt: number; readonly resolvedAt: number }[];
}

export interface IndexEntry extends ObjectKey {
  /** `change` of the issue that this was made of; undefined when it is no longer stored. */
  readonly change?: number;
  /** Undefined: in no group. */
  readonly indexed?: { readonly group: string; readonly digest: string };
}

export interface StaleGroup {
  readonly name: string;
  /** Another one whenever it is marked. */
  readonly mark: string;
}
