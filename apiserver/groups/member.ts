import { hash } from 'node:crypto';
import { groupName, proposedGroupName } from '../../crds/identity.ts';
import type { IssueSpec, IssueState, Link, Remediation, Severity, Subject } from '../../crds/issue.ts';
import type { GroupOrigin } from '../../crds/issue-group.ts';
import { groupOf } from '../../crds/meta.ts';
import { oneLine } from '../../crds/text.ts';
import { lettersLeft, MESSAGE_VERSION, normalizeMessage } from './normalize-message.ts';

/** A group as far as one member tells: the same for all of them. */
export interface GroupIdentity {
  /** metadata.name. */
  readonly name: string;
  /** spec.group. */
  readonly text: string;
  readonly origin: GroupOrigin;
}

/** An issue as it is stored, as far as groups need it. Times are µs since 1970. */
export interface GroupableIssue {
  readonly namespace: string;
  readonly name: string;
  readonly spec: IssueSpec;
  readonly state: IssueState;
  readonly openedAt: number;
  readonly resolvedAt?: number;
  /** Whether it left the visible set. */
  readonly hidden: boolean;
  /** Name of the object that showed it last. */
  readonly observedName?: string;
}

/** What a group takes of one issue: all that changes it, and nothing that changes with every look at the subject. */
export interface GroupMember {
  readonly namespace: string;
  readonly name: string;
  /** Which subject it is about; its aspects are one. */
  readonly subject: string;
  readonly severity: Severity;
  readonly reason: string;
  readonly title: string;
  readonly state: IssueState;
  readonly openedAt: number;
  readonly resolvedAt?: number;
  readonly hidden: boolean;
  readonly links: readonly Link[];
  readonly remediation?: Remediation;
}

export interface Membership {
  readonly group: GroupIdentity;
  readonly member: GroupMember;
}

/** The group that an issue belongs to, and what it brings along; undefined when it belongs to none. */
export function membershipOf(issue: GroupableIssue): Membership | undefined {
  const { spec, hidden } = issue;
  if (spec.group) {
    const text = spec.group.normalize('NFC');
    return { group: { name: groupName(text), text, origin: 'Reported' }, member: memberOf(issue, spec.title) };
  }
  // What is proposed is about now: the failures of three months would only have their wording in common.
  if (hidden) return undefined;
  const names = namesIn(issue);
  const message = normalizeMessage(messageOf(spec), names);
  if (lettersLeft(message) < MIN_LETTERS) return undefined;
  return {
    group: {
      name: proposedGroupName(MESSAGE_VERSION, spec.reason, message),
      text: oneLine(message, MAX_GROUP_TEXT),
      origin: 'Proposed',
    },
    member: memberOf(issue, normalizeMessage(spec.title, names)),
  };
}

/** Changes whenever the member or its group does. */
export function membershipDigest({ group, member }: Membership): string {
  return hash('sha256', JSON.stringify([group, member]), 'hex').slice(0, 16);
}

/** As a finding's group. */
const MAX_GROUP_TEXT = 253;
/** "failed" alone is nothing in common. */
const MIN_LETTERS = 12;
/** What a failure says of itself is at the beginning; further down are logs. */
const MAX_MESSAGE = 2_000;

function messageOf({ title, description }: IssueSpec): string {
  return (description ?? title).slice(0, MAX_MESSAGE).toWellFormed();
}

function namesIn({ namespace, spec: { subject }, observedName }: GroupableIssue): string[] {
  return [subject.name, namespace, subject.namespace, observedName].filter((name) => name !== undefined);
}

function memberOf(issue: GroupableIssue, title: string): GroupMember {
  const { namespace, name, spec, state, openedAt, resolvedAt, hidden } = issue;
  const { severity, reason, remediation } = spec;
  return {
    ...{ namespace, name, subject: subjectOf(spec.subject), severity, reason, title, state, openedAt, hidden },
    ...(resolvedAt !== undefined && { resolvedAt }),
    links: (spec.links ?? []).filter(({ rel }) => !OF_ONE_RUN.has(rel)),
    ...(remediation && { remediation }),
  };
}

/** They lead to the run that failed last: of one member, and another one with every run. */
const OF_ONE_RUN: ReadonlySet<string> = new Set(['log', 'console']);

function subjectOf({ apiVersion, kind, namespace = '', name }: Subject): string {
  return JSON.stringify([groupOf(apiVersion), kind, namespace, name]);
}
