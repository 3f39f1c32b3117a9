import { SEVERITIES, type Severity } from '../../crds/issue.ts';
import {
  type IssueGroup,
  type IssueGroupStatus,
  MAX_GROUP_LINKS,
  MAX_GROUP_MEMBERS,
  MAX_GROUP_REMEDIATIONS,
  type UnlistedOfGroup,
} from '../../crds/issue-group.ts';
import type { Condition } from '../../crds/meta.ts';
import { formatTime } from '../../crds/time.ts';
import type { GroupTally } from '../store/group-index.ts';
import type { GroupIdentity, GroupMember } from './member.ts';
import { compare, mostFrequent } from './most-frequent.ts';
import { type FoldedMember, tallyMembers } from './tally.ts';

export type GroupContent = Pick<IssueGroup, 'spec' | 'status'>;

/** A proposal needs so many visible members about so many subjects. */
export const PROPOSED_MEMBERS = 3;
export const PROPOSED_SUBJECTS = 2;

/**
 * Members that are read at most: of a group with more, the worst open ones and those that were resolved last. Its title, links
 * and remediations are theirs; its counts are of all.
 */
export const FOLDED_MEMBERS = { open: 5_000, resolved: 2_000 } as const;

/**
 * What a group is, from all of its members: the same for any order of them. Undefined when it is none: no member is
 * visible any more, or too little speaks for proposing it. Pure, so that what is stored can always be made again.
 * `all`: the counts of all members, when these are only the foremost.
 */
export function foldGroup(
  group: GroupIdentity,
  given: readonly FoldedMember[],
  all?: GroupTally,
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
    status: statusOf(members, open, all ?? tallyMembers(members)),
  };
}

function statusOf(
  members: readonly FoldedMember[],
  open: readonly FoldedMember[],
  tally: GroupTally,
): IssueGroupStatus {
  const active = tally.open > 0;
  const listed = open
    .slice(0, Math.min(MAX_GROUP_MEMBERS, tally.open))
    .map(({ namespace, name, severity, reason }) => ({ namespace, name, severity, reason }));
  const unlisted = unlistedOf(tally, listed.length);
  return {
    state: active ? 'Active' : 'Resolved',
    openedAt: time(tally.openedAt),
    ...(tally.resolvedAt !== undefined && { resolvedAt: time(tally.resolvedAt) }),
    open: tally.open,
    resolved: tally.resolved,
    ...(tally.open + tally.resolved > members.length && { sampled: members.length }),
    openNamespaces: tally.openNamespaces,
    reasons: [...tally.reasons],
    namespaces: [...tally.namespaces],
    members: listed,
    ...(unlisted && { unlisted }),
    days: [...tally.days],
    conditions: conditionsOf(active, time(tally.resolvedAt ?? tally.openedAt), tally.open),
  };
}

/** How much longer the lists are than what is in them. */
function unlistedOf(tally: GroupTally, listed: number): UnlistedOfGroup | undefined {
  const members = tally.open - listed;
  const namespaces = tally.openNamespaces - tally.namespaces.length;
  const reasons = tally.openReasons - tally.reasons.length;
  if (members + namespaces + reasons === 0) return undefined;
  return { ...(members > 0 && { members }), ...(namespaces > 0 && { namespaces }), ...(reasons > 0 && { reasons }) };
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

function itemsOf<T>(entries: readonly { readonly item: T }[], max: number): T[] {
  return entries.slice(0, max).map(({ item }) => item);
}

function conditionsOf(active: boolean, lastTransitionTime: string, open: number): Condition[] {
  const reason = active ? 'MembersOpen' : 'MembersResolved';
  const message = active ? `${open} ${open === 1 ? 'member is' : 'members are'} open` : 'no member is open';
  const condition = (type: string, is: boolean): Condition => ({
    ...{ type, status: is ? 'True' : 'False', lastTransitionTime, reason, message },
  });
  return [condition('Active', active), condition('Resolved', !active)];
}

function time(micros: number): string {
  return formatTime(micros / 1_000);
}
