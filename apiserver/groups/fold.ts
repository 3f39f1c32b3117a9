import { SEVERITIES, type Severity } from '../../crds/issue.ts';
import {
  type GroupDay,
  type IssueGroup,
  type IssueGroupStatus,
  MAX_GROUP_DAYS,
  MAX_GROUP_LINKS,
  MAX_GROUP_MEMBERS,
  MAX_GROUP_NAMESPACES,
  MAX_GROUP_REASONS,
  MAX_GROUP_REMEDIATIONS,
} from '../../crds/issue-group.ts';
import type { Condition } from '../../crds/meta.ts';
import { formatTime } from '../../crds/time.ts';
import type { Members } from '../store/group-index.ts';
import type { GroupIdentity, GroupMember } from './member.ts';

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

export type GroupContent = Pick<IssueGroup, 'spec' | 'status'>;

/** A proposal needs so many visible members about so many subjects. */
export const PROPOSED_MEMBERS = 3;
export const PROPOSED_SUBJECTS = 2;

/** Members that are folded at most: of a group with more, the worst open ones and those that were resolved last. */
export const FOLDED_MEMBERS = { open: 5_000, resolved: 2_000 } as const;

/**
 * What a group is, from all of its members: the same for any order of them. Undefined when it is none: no member is
 * visible any more, or too little speaks for proposing it. Pure, so that what is stored can always be made again.
 * `all`: how many there are, when these are only the foremost.
 */
export function foldGroup(
  group: GroupIdentity,
  given: readonly FoldedMember[],
  all?: Members,
): GroupContent | undefined {
  const members = [...given].sort(worstFirst);
  const visible = members.filter(({ hidden }) => !hidden);
  if (visible.length === 0) return undefined;
  if (group.origin === 'Proposed') {
    const subjects = new Set(visible.map(({ subject }) => subject));
    if (visible.length < PROPOSED_MEMBERS || subjects.size < PROPOSED_SUBJECTS) return undefined;
  }
  const open = members.filter(({ state }) => state === 'Active');
  const shown = open.length > 0 ? open : visible;
  const links = mostFrequent(
    shown.flatMap((member) => member.links),
    ({ url }) => url,
  );
  const remediations = mostFrequent(
    shown.flatMap(({ remediation }) => remediation ?? []),
    (one) => JSON.stringify([one.text, one.url]),
  );
  return {
    spec: {
      group: group.text,
      origin: group.origin,
      title:
        mostFrequent(
          shown.map(({ title }) => title),
          String,
        )[0]?.item ?? group.text,
      severity: (shown[0] as GroupMember).severity,
      ...(links.length > 0 && { links: itemsOf(links, MAX_GROUP_LINKS) }),
      ...(remediations.length > 0 && { remediations: itemsOf(remediations, MAX_GROUP_REMEDIATIONS) }),
    },
    status: statusOf(members, open, all),
  };
}

function statusOf(
  members: readonly FoldedMember[],
  open: readonly FoldedMember[],
  all: Members | undefined,
): IssueGroupStatus {
  const resolved = members.length - open.length;
  const counts = {
    // Counted a moment before the members were read: what is seen of them goes first.
    open: open.length > 0 ? Math.max(open.length, all?.open ?? 0) : 0,
    resolved: Math.max(resolved, all?.resolved ?? 0),
  };
  const stretches = members.flatMap(stretchesOf);
  const current = lastStretch(stretches);
  const namespaces = mostFrequent(
    open.map(({ namespace }) => namespace),
    String,
  );
  const reasons = mostFrequent(
    open.map(({ reason }) => reason),
    String,
  );
  const active = open.length > 0;
  return {
    state: active ? 'Active' : 'Resolved',
    openedAt: time(current.openedAt),
    ...(current.resolvedAt !== undefined && { resolvedAt: time(current.resolvedAt) }),
    ...counts,
    ...(counts.open + counts.resolved > members.length && { truncated: true }),
    openNamespaces: namespaces.length,
    reasons: reasons.slice(0, MAX_GROUP_REASONS).map(({ item, times }) => ({ reason: item, open: times })),
    namespaces: namespaces.slice(0, MAX_GROUP_NAMESPACES).map(({ item, times }) => ({ namespace: item, open: times })),
    members: open
      .slice(0, MAX_GROUP_MEMBERS)
      .map(({ namespace, name, severity, reason }) => ({ namespace, name, severity, reason })),
    days: daysOf(stretches),
    conditions: conditionsOf(active, time(current.resolvedAt ?? current.openedAt), counts.open),
  };
}

/** The worst first, then the oldest; names make the order total. */
function worstFirst(a: GroupMember, b: GroupMember): number {
  return (
    rank(a.severity) - rank(b.severity) ||
    a.openedAt - b.openedAt ||
    compare(a.namespace, b.namespace) ||
    compare(a.name, b.name)
  );
}

/** SEVERITIES begins with the worst. */
function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** Distinct items by `keyOf`, what is there most often first, then by key. Of equal ones the first. */
function mostFrequent<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): { readonly item: T; readonly times: number }[] {
  const found = new Map<string, { item: T; times: number }>();
  for (const item of items) {
    const key = keyOf(item);
    const entry = found.get(key);
    if (entry) entry.times += 1;
    else found.set(key, { item, times: 1 });
  }
  return [...found].sort(([a, x], [b, y]) => y.times - x.times || compare(a, b)).map(([, entry]) => entry);
}

function itemsOf<T>(entries: readonly { readonly item: T }[], max: number): T[] {
  return entries.slice(0, max).map(({ item }) => item);
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
    const date = time(micros).slice(0, 10);
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

function conditionsOf(active: boolean, lastTransitionTime: string, open: number): Condition[] {
  const reason = active ? 'MembersOpen' : 'MembersResolved';
  const message = active ? `${open} ${open === 1 ? 'member is' : 'members are'} open` : 'no member is open';
  const condition = (type: string, is: boolean): Condition => ({
    ...{ type, status: is ? 'True' : 'False', lastTransitionTime, reason, message },
  });
  return [condition('Active', active), condition('Resolved', !active)];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function time(micros: number): string {
  return formatTime(micros / 1_000);
}
