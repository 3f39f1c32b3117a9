import type { IssueState, Severity } from '../../crds/issue.ts';
import type { StoredIssue } from './store.ts';

/** What to find in one namespace; absent members are not asked about. */
export interface IssueQuery {
  readonly namespace: string;
  readonly state?: IssueState;
  readonly severity?: Severity;
  readonly type?: string;
  readonly subject?: {
    readonly name?: string;
    /** Subjects of `group` by exact kind and aspect, those of other groups by their kind in lower case. */
    readonly type?: {
      readonly group: string;
      readonly kind: string;
      readonly aspect: string;
      readonly lowerKind: string;
    };
  };
  /** Part of the title or the description, whatever its case. */
  readonly text?: string;
  /** Name or uid of the object that showed it last; closed episodes that it showed last are found too, as they were. */
  readonly observed?: string;
  /** 0 counts only. */
  readonly limit: number;
  readonly offset: number;
}

export interface IssuesFound {
  readonly issues: readonly StoredIssue[];
  readonly total: number;
}

export interface Connections {
  readonly open: number;
  readonly idle: number;
  readonly max: number;
}
