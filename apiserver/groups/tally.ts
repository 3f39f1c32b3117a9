import { type GroupDay, MAX_GROUP_DAYS, MAX_GROUP_NAMESPACES, MAX_GROUP_REASONS } from '../../crds/issue-group.ts';
import { formatTime } from '../../crds/time.ts';
import type { GroupTally } from '../store/group-index.ts';
import type { GroupMember } from './member.ts';
import { compare, mostFrequent } from './most-frequent.ts';

/** One stretch of a member being Active, µs since 1970. */
export interface Stretch {
  readonly openedAt: number;
  /** Absent while it lasts. */
  readonly resolvedAt?: number;
}

/** A member with the stretches before its current or last one, as far as they are still stored. */
export interface FoldedMember extends GroupMember {
  readonly earlier: readonly Stretch[];
}

/** Counts members, of which there is at least one. `GroupIndex.tally` answers the same of members that nobody read. */
export function tallyMembers(members: readonly FoldedMember[]): GroupTally {
  const open = members.filter(({ state }) => state === 'Active');
  const stretches = members.flatMap(stretchesOf);
  const namespaces = mostFrequent(
    open.map(({ namespace }) => namespace),
    String,
  );
  const reasons = mostFrequent(
    open.map(({ reason }) => reason),
    String,
  );
  return {
    open: open.length,
    resolved: members.length - open.length,
    openNamespaces: namespaces.length,
    openReasons: reasons.length,
    namespaces: namespaces.slice(0, MAX_GROUP_NAMESPACES).map(({ item, times }) => ({ namespace: item, open: times })),
    reasons: reasons.slice(0, MAX_GROUP_REASONS).map(({ item, times }) => ({ reason: item, open: times })),
    ...lastStretch(stretches),
    days: daysOf(stretches),
  };
}

function stretchesOf({ openedAt, resolvedAt, state, earlier }: FoldedMember): Stretch[] {
  const last = state === 'Resolved' && resolvedAt !== undefined ? { openedAt, resolvedAt } : { openedAt };
  return [...earlier, last];
}

/** The last stretch in which at least one of these lasted: one that begins when another ends goes on with it. */
function lastStretch(stretches: readonly Stretch[]): Stretch {
  let last: { openedAt: number; end: number } | undefined;
  for (const { openedAt, resolvedAt = Number.POSITIVE_INFINITY } of [...stretches].sort(
    (a, b) => a.openedAt - b.openedAt,
  )) {
    if (last && openedAt <= last.end) last.end = Math.max(last.end, resolvedAt);
    else last = { openedAt, end: resolvedAt };
  }
  const { openedAt, end } = last as { openedAt: number; end: number };
  return Number.isFinite(end) ? { openedAt, resolvedAt: end } : { openedAt };
}

function daysOf(stretches: readonly Stretch[]): GroupDay[] {
  const days = new Map<string, { opened: number; resolved: number }>();
  const at = (micros: number) => {
    const date = formatTime(micros / 1_000).slice(0, 10);
    const day = days.get(date) ?? { opened: 0, resolved: 0 };
    days.set(date, day);
    return day;
  };
  for (const { openedAt, resolvedAt } of stretches) {
    at(openedAt).opened += 1;
    if (resolvedAt !== undefined) at(resolvedAt).resolved += 1;
  }
  let open = 0;
  return [...days]
    .sort(([a], [b]) => compare(a, b))
    .map(([date, { opened, resolved }]) => {
      open += opened - resolved;
      return { date, opened, resolved, open };
    })
    .slice(-MAX_GROUP_DAYS);
}
