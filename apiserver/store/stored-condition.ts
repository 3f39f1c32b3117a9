import type { Condition } from '../../crds/meta.ts';
import { formatTime } from '../../crds/time.ts';
import type { StoredIssue } from './store.ts';

/** The issue with one stored condition set, or taken away with `undefined`. The same object when nothing changes. */
export function withCondition(
  issue: StoredIssue,
  type: string,
  condition: { readonly reason: string; readonly message: string; readonly since: number } | undefined,
): StoredIssue {
  const stored = issue.conditions.find((each) => each.type === type);
  if (!condition) {
    return stored ? { ...issue, conditions: issue.conditions.filter((each) => each !== stored) } : issue;
  }
  const { reason, message, since } = condition;
  if (stored?.reason === reason && stored.message === message) return issue;
  const next: Condition = { type, status: 'True', reason, message, lastTransitionTime: formatTime(since / 1_000) };
  return { ...issue, conditions: [...issue.conditions.filter((each) => each !== stored), next] };
}
