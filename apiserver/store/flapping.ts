import { humanDuration } from '../../crds/duration.ts';
import type { StoredIssue } from './store.ts';
import { withCondition } from './stored-condition.ts';

/** The condition of an issue that opens and resolves all the time. It begins where it opens again, the sweeper ends it. */
export const FLAPPING = 'Flapping';

/** It flaps when it opened again `reopened` times within the last `within` µs, by the times of its episodes. */
export interface FlappingRule {
  /** At least 1. */
  readonly reopened: number;
  readonly within: number;
}

/**
 * The issue, which has just opened again, with that time remembered, and the condition when the rule holds now. Its
 * transition is when the episode began with which it flaps; while it goes on flapping the condition stays as it is.
 */
export function countReopening(issue: StoredIssue, rule: FlappingRule, now: number): StoredIssue {
  const reopenings = [...(issue.reopenings ?? []), issue.openedAt].slice(-rule.reopened);
  const counted = { ...issue, reopenings };
  if (!isFlapping(counted, rule, now)) return counted;
  const message = `opened again ${rule.reopened} times or more within ${humanDuration(rule.within / 1_000)}`;
  return withCondition(counted, FLAPPING, { reason: 'ReopenedOften', message, since: issue.openedAt });
}

/** Whether the rule holds at `now`. A history that is told late does not flap: it is over. */
export function isFlapping({ reopenings = [] }: StoredIssue, rule: FlappingRule | undefined, now: number): boolean {
  if (!rule) return false;
  const first = reopenings.at(-rule.reopened);
  return first !== undefined && first > now - rule.within;
}
