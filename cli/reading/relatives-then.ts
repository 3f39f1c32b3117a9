import { causeOf, consequencesOf, type Relative } from '../../apiserver/rest/issue-ancestry.ts';
import type { Issue } from '../../crds/issue.ts';
import type { IssueTimelineStatus } from '../../crds/issue-timeline.ts';

/** An issue that has to do with another one. */
export interface RelatedIssue {
  readonly namespace: string;
  readonly name: string;
  /** What it said; undefined: it is not known. */
  readonly title?: string;
}

export interface Relatives {
  /** The root, when the issue is a consequence. */
  readonly cause: RelatedIssue | null;
  readonly consequences: readonly RelatedIssue[];
  readonly related: readonly { readonly issue: RelatedIssue }[];
  /** Cause and consequences were looked for among so many issues, and there were more; undefined: among all. */
  readonly among?: number;
}

/**
 * What an issue had to do with at a moment, of which nothing is stored: the cause and the consequences among the issues that
 * were Active then (docs/related.md), and the links that its timeline up to then has. Pure.
 */
export function relativesThen(issue: Issue, others: readonly Issue[], { events }: IssueTimelineStatus): Relatives {
  const [one, ...rest] = [issue, ...others].map(relativeOf);
  const cause = one && causeOf(one, rest);
  const links = new Map<string, RelatedIssue>();
  for (const { event, issue: other } of events) {
    if (other === undefined) continue;
    if (event === 'relate') links.set(other.id, { namespace: other.namespace, name: other.name });
    else if (event === 'unrelate') links.delete(other.id);
  }
  return {
    cause: cause === undefined ? null : referenceOf(cause),
    consequences: one === undefined ? [] : consequencesOf(one, rest).map(referenceOf),
    related: [...links.values()].map((each) => ({ issue: each })),
  };
}

function relativeOf({ metadata: { namespace, name, labels = {} }, spec, status }: Issue): Relative {
  const { state, openedAt } = status;
  return { id: `${namespace}/${name}`, namespace, name, labels, spec, state, openedAt: Date.parse(openedAt) };
}

function referenceOf({ namespace, name, spec: { title } }: Relative): RelatedIssue {
  return { namespace, name, title };
}
