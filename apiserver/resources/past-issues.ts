import type { Issue } from '../../crds/issue.ts';
import { AS_OF_ANNOTATION } from '../../crds/names.ts';
import { formatTime } from '../../crds/time.ts';
import type { PastSource } from '../kube/index.ts';
import { issueObject } from '../store/issue-object.ts';
import type { PastIssues } from '../store/past.ts';
import type { StoredIssue } from '../store/store.ts';

/** `?asOf=` of issues (docs/history.md). Both in ms: how long history is kept, and how long resolved issues were shown. */
export function pastIssues(
  past: PastIssues,
  { retention, resolvedVisibleFor }: { readonly retention: number; readonly resolvedVisibleFor: number },
): PastSource<Issue> {
  return {
    reach: retention,
    async list({ before, namespace, name, after, limit }) {
      const issues = await past.issuesAsOf({
        before: before * 1_000,
        visibleFor: resolvedVisibleFor * 1_000,
        namespaces: namespace === '' ? 'all' : [namespace],
        name,
        after,
        limit,
      });
      return issues.map((issue) => pastIssue(issue, before));
    },
  };
}

/** An issue of the past as it is served: it says of which moment it is, so that nobody takes a saved copy for the present. */
export function pastIssue(issue: StoredIssue, before: number): Issue {
  const object = issueObject(issue);
  const annotations = { [AS_OF_ANNOTATION]: formatTime(before - 1) };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
