import Joi from 'joi';
import {
  type Link,
  linkSchema,
  type Remediation,
  remediationSchema,
  SEVERITIES,
  type Severity,
  STATES,
} from './issue.ts';
import type { Condition, KubernetesObject } from './meta.ts';
import { rfc3339 } from './time.ts';

/** The kind `IssueGroup`: what issues of several subjects, sources and namespaces have in common. Derived, never written. */

export const GROUP_ORIGINS = ['Reported', 'Proposed'] as const;
/** Reported: findings name the group. Proposed: failure messages that are equal but for names and numbers. */
export type GroupOrigin = (typeof GROUP_ORIGINS)[number];

/** What a group has of its members at most, the most important first; counts are always of all. */
export const MAX_GROUP_MEMBERS = 20;
export const MAX_GROUP_NAMESPACES = 200;
export const MAX_GROUP_REASONS = 50;
export const MAX_GROUP_LINKS = 20;
export const MAX_GROUP_REMEDIATIONS = 5;
export const MAX_GROUP_DAYS = 30;

export interface IssueGroupSpec {
  /** The text that findings carry as `group`; for a proposed one the message without names and numbers. */
  group: string;
  origin: GroupOrigin;
  title: string;
  /** The worst of the open members, of a resolved group of all. */
  severity: Severity;
  links?: Link[];
  remediations?: Remediation[];
}

export interface GroupMemberReference {
  namespace: string;
  /** metadata.name of the issue. */
  name: string;
  severity: Severity;
  reason: string;
}

export interface GroupDay {
  /** `2026-11-21`, UTC. */
  date: string;
  /** Episodes of members that began on this day. */
  opened: number;
  /** Episodes that ended. */
  resolved: number;
  /** How many were open at its end. */
  open: number;
}

/** How many entries are not in the lists of a group, each absent for none. */
export interface UnlistedOfGroup {
  /** Open members. */
  members?: number;
  /** Namespaces with open members. */
  namespaces?: number;
  /** Reasons of open members. */
  reasons?: number;
}

export interface IssueGroupStatus {
  state: (typeof STATES)[number];
  /** RFC 3339; since when at least one member was open without a break. */
  openedAt: string;
  resolvedAt?: string;
  /** Members that are Active. */
  open: number;
  /** Members that are Resolved. */
  resolved: number;
  /**
   * How many members title, links and remediations are taken from: the worst open ones, and those that were resolved last.
   * Absent where that is all of them. Everything that is counted here is counted of all.
   */
  sampled?: number;
  /** Namespaces with open members. */
  openNamespaces: number;
  /** Open members by reason. */
  reasons: { reason: string; open: number }[];
  /** Open members by namespace. */
  namespaces: { namespace: string; open: number }[];
  /** Some of the open members, the worst first. */
  members: GroupMemberReference[];
  /** What lists here leave out; absent where they are whole. */
  unlisted?: UnlistedOfGroup;
  /** The last days on which something opened or resolved, the newest last. */
  days: GroupDay[];
  conditions: Condition[];
}

export interface IssueGroup extends KubernetesObject {
  spec: IssueGroupSpec;
  status: IssueGroupStatus;
}

/** Names of the resource as kubectl and RBAC know it. */
export const ISSUE_GROUP_NAMES = {
  kind: 'IssueGroup', listKind: 'IssueGroupList', plural: 'issuegroups', singular: 'issuegroup', shortNames: ['issg'], categories: ['faultline'],
} as const; // biome-ignore format: one line reads better

const count = Joi.number().integer().min(0).required();
const unlisted = Joi.number().integer().min(1);

export const issueGroupSpecSchema = Joi.object<IssueGroupSpec, true>({
  group: Joi.string()
    .required()
    .description(
      'What findings carry as their group: a CVE, a task bundle, a base image; of a proposed one the message.',
    ),
  origin: Joi.string<GroupOrigin>()
    .valid(...GROUP_ORIGINS)
    .required()
    .description('Reported: findings name this group. Proposed: their messages are equal but for names and numbers.'),
  title: Joi.string().required().description('What is wrong, in one line: the title that most members have.'),
  severity: Joi.string<Severity>()
    .valid(...SEVERITIES)
    .required()
    .description('The worst of the open members.'),
  links: Joi.array()
    .items(linkSchema)
    .max(MAX_GROUP_LINKS)
    .description('Links of the members, those that most of them have first; logs and consoles are on the members.'),
  remediations: Joi.array()
    .items(remediationSchema)
    .max(MAX_GROUP_REMEDIATIONS)
    .description('What to do about it, what most members say first.'),
}).description('What the members have in common. Derived from issues; read-only.');

export const issueGroupStatusSchema = Joi.object<IssueGroupStatus, true>({
  state: Joi.string<'Active'>()
    .valid(...STATES)
    .required()
    .description('Active while a member is, Resolved with the last one.'),
  openedAt: rfc3339().required().description('Since when at least one member was open without a break.'),
  resolvedAt: rfc3339().description('When the last member was resolved.'),
  open: count.description('How many members are open.'),
  resolved: count.description('How many members are resolved, also those that are no longer listed as issues.'),
  sampled: Joi.number()
    .integer()
    .min(0)
    .description(
      'From how many members title, links and remediations are taken, the worst open ones and those that were resolved last, ' +
        'where it is not all of them. Counts are always of all.',
    ),
  openNamespaces: count.description('How many namespaces have open members.'),
  reasons: Joi.array()
    .items(Joi.object({ reason: Joi.string().required(), open: count }))
    .max(MAX_GROUP_REASONS)
    .required()
    .description(`Open members by reason, most first; at most ${MAX_GROUP_REASONS} reasons are listed.`),
  namespaces: Joi.array()
    .items(Joi.object({ namespace: Joi.string().required(), open: count }))
    .max(MAX_GROUP_NAMESPACES)
    .required()
    .description(`Open members by namespace, most first; at most ${MAX_GROUP_NAMESPACES} namespaces are listed.`),
  members: Joi.array()
    .items(
      Joi.object<GroupMemberReference, true>({
        namespace: Joi.string().required(),
        name: Joi.string().required(),
        severity: Joi.string<Severity>()
          .valid(...SEVERITIES)
          .required(),
        reason: Joi.string().required(),
      }),
    )
    .required()
    .description(
      `Some of the open members, the worst first, then the oldest; at most ${MAX_GROUP_MEMBERS} are listed.`,
    ),
  unlisted: Joi.object<UnlistedOfGroup, true>({
    members: unlisted.description('Open members that are not listed.'),
    namespaces: unlisted.description('Namespaces with open members that are not listed.'),
    reasons: unlisted.description('Reasons of open members that are not listed.'),
  }).description('How many entries the lists leave out; absent where they are whole.'),
  days: Joi.array()
    .items(Joi.object<GroupDay, true>({ date: Joi.string().required(), opened: count, resolved: count, open: count }))
    .max(MAX_GROUP_DAYS)
    .required()
    .description(
      'Opened and resolved per day (UTC), and how many were open at its end; days without either are left out.',
    ),
  conditions: Joi.array()
    .items(
      Joi.object<Condition, true>({
        type: Joi.string().required(),
        status: Joi.string<'True'>().valid('True', 'False').required(),
        observedGeneration: Joi.number().integer(),
        lastTransitionTime: rfc3339().required(),
        reason: Joi.string().required(),
        message: Joi.string().allow('').required(),
      }),
    )
    .required()
    .description('Active and Resolved; kubectl wait --for=condition=Resolved works.'),
}).description('The state of the members, taken together.');
