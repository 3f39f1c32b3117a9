import Joi from 'joi';
import {
  type IssueState,
  LINK_RELATIONS,
  type LinkRelation,
  SEVERITIES,
  type Severity,
  STATES,
} from './issue-words.ts';
import type { Condition, KubernetesList, KubernetesObject, ObjectMeta } from './meta.ts';
import { type API_VERSION, DNS_LABEL } from './names.ts';
import { rfc3339 } from './time.ts';

/** The kind `Issue`: the stored state of one finding of one subject from one source in one namespace. */

export * from './issue-words.ts';

export const RESOLVED_REASONS = ['Recovered', 'SubjectDeleted', 'Expired', 'SourceRemoved', 'Manual'] as const;
export type ResolvedReason = (typeof RESOLVED_REASONS)[number];

/** The lasting thing that has a problem. Identity takes only the group of `apiVersion`. */
export interface Subject {
  apiVersion: string;
  kind: string;
  /** Absent for a cluster-scoped subject. */
  namespace?: string;
  name: string;
  /** A part that is observed on its own: `build/push/main`, `test/<scenario>/pr/6`. */
  aspect?: string;
}

/** What was looked at: this PipelineRun, this Pod. */
export interface ObservedObject {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
}

export interface Link {
  rel: LinkRelation;
  title: string;
  /** http or https only. */
  url: string;
}

export interface Remediation {
  text: string;
  url?: string;
}

export interface IssueSpec {
  source: string;
  subject: Subject;
  key: string;
  type: string;
  severity: Severity;
  /** CamelCase, stable, countable. */
  reason: string;
  title: string;
  description?: string;
  links?: Link[];
  /** Joins issues of several sources, for example a CVE number. */
  group?: string;
  /** RFC 3339. */
  dueAt?: string;
  remediation?: Remediation;
}

export interface IssueStatus {
  state: IssueState;
  /** RFC 3339; begin of the current episode. */
  openedAt: string;
  resolvedAt?: string;
  resolvedReason?: ResolvedReason;
  firstSeenAt: string;
  lastSeenAt: string;
  /** Distinct observed objects of failing observations. */
  occurrences: number;
  /** How often it opened again after it was resolved. */
  reopened: number;
  /** The last object that showed it. */
  observed?: ObservedObject;
  acknowledged?: { by: string; at: string };
  snoozedUntil?: string;
  assignee?: string;
  /** A person's due date, beside the finding's `spec.dueAt`. */
  due?: { by: string; at: string };
  /** `spec.severity` was raised because of the issue's age: from what was reported, and when. */
  escalated?: { from: Severity; at: string };
  conditions: Condition[];
}

export interface Issue extends KubernetesObject {
  apiVersion: typeof API_VERSION;
  kind: 'Issue';
  metadata: ObjectMeta & { namespace: string };
  spec: IssueSpec;
  status: IssueStatus;
}

export type IssueList = KubernetesList<Issue>;

const apiVersion = Joi.string()
  .max(317)
  .pattern(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?v[a-z0-9]+$/, 'group/version, or version for the core group');
const kind = Joi.string()
  .max(63)
  .pattern(/^[A-Za-z][A-Za-z0-9]*$/, 'CamelCase kind');
// Names of subjects are path segments of Kubernetes, but what a receiver watches may be a URL or a host with a port.
const subjectName = Joi.string()
  .min(1)
  .max(253)
  .pattern(/^[^\u0000-\u001f\u007f]+$/, 'text without control characters');

export const subjectSchema = Joi.object<Subject, true>({
  apiVersion: apiVersion.required().description('Only the group is part of the identity.'),
  kind: kind.required(),
  namespace: Joi.string().pattern(DNS_LABEL, 'namespace name').description('Absent for a cluster-scoped subject.'),
  name: subjectName.required(),
  aspect: Joi.string()
    .max(253)
    .pattern(/^[^\u0000-\u001f\u007f]*$/, 'text without control characters')
    .allow('')
    .description('A part that is observed on its own, for example build/push/main or pr/18.'),
}).description('The lasting thing that has a problem.');

export const observedSchema = Joi.object<ObservedObject, true>({
  apiVersion: apiVersion.required(),
  kind: kind.required(),
  name: subjectName.required(),
  uid: Joi.string().max(253).required().allow(''),
}).description('The object that was looked at; its name may change from run to run.');

export const linkSchema = Joi.object<Link, true>({
  rel: Joi.string<LinkRelation>()
    .valid(...LINK_RELATIONS)
    .required(),
  title: Joi.string().max(10_000).required(),
  url: Joi.string()
    .uri({ scheme: ['http', 'https'] })
    .max(4_096)
    .required(),
});

export const remediationSchema = Joi.object<Remediation, true>({
  text: Joi.string().min(1).max(8_192).required(),
  url: Joi.string()
    .uri({ scheme: ['http', 'https'] })
    .max(4_096),
});

export const issueSpecSchema = Joi.object<IssueSpec, true>({
  source: Joi.string().required().description('Who says so: the controller, rule, receiver or person.'),
  subject: subjectSchema.required(),
  key: Joi.string().required().description('Distinguishes the findings of one subject.'),
  type: Joi.string()
    .required()
    .description(
      'What kind of problem: build, test, release, dependency, pipeline, workload, security, or a type of the plugin.',
    ),
  severity: Joi.string<Severity>()
    .valid(...SEVERITIES)
    .required()
    .description('How bad it is: critical, major, minor or info.'),
  reason: Joi.string().required().description('Why, as a stable, countable CamelCase word.'),
  title: Joi.string().max(200).required().description('What is wrong, in one line.'),
  description: Joi.string().description('What is wrong, in detail; at most 8 KiB.'),
  links: Joi.array()
    .items(linkSchema)
    .max(20)
    .description('Where to look further: logs, console, commit, pull request, docs.'),
  group: Joi.string().description('Joins issues of several sources, for example a CVE number.'),
  dueAt: rfc3339().description('When it should be resolved.'),
  remediation: remediationSchema.description('What to do about it.'),
}).description('What is wrong, and with what. Written by controllers; read-only for clients.');

const conditionSchema = Joi.object<Condition, true>({
  type: Joi.string().required(),
  status: Joi.string<'True'>().valid('True', 'False', 'Unknown').required(),
  observedGeneration: Joi.number().integer(),
  lastTransitionTime: rfc3339().required(),
  reason: Joi.string().required(),
  message: Joi.string().allow('').required(),
});

export const issueStatusSchema = Joi.object<IssueStatus, true>({
  state: Joi.string<IssueState>()
    .valid(...STATES)
    .required()
    .description('Active while the problem exists, Resolved when it is gone.'),
  openedAt: rfc3339().required().description('When the current episode began.'),
  resolvedAt: rfc3339().description('When it was resolved.'),
  resolvedReason: Joi.string<ResolvedReason>()
    .valid(...RESOLVED_REASONS)
    .description('Recovered, SubjectDeleted, Expired, SourceRemoved or Manual.'),
  firstSeenAt: rfc3339().required().description('When it was seen for the first time.'),
  lastSeenAt: rfc3339().required().description('When it was last seen failing.'),
  occurrences: Joi.number().integer().required().description('How many distinct objects showed it.'),
  reopened: Joi.number().integer().required().description('How often it came back after it was resolved.'),
  observed: observedSchema.description('The last object that showed it, for example the PipelineRun.'),
  acknowledged: Joi.object({ by: Joi.string().required(), at: rfc3339().required() }).description(
    'Who has taken note of it, and when.',
  ),
  snoozedUntil: rfc3339().description('Hidden from notifications until then.'),
  assignee: Joi.string().description('Who works on it.'),
  due: Joi.object({ by: Joi.string().required(), at: rfc3339().required() }).description(
    'By when a person wants it resolved, and who; spec.dueAt is the date of the finding.',
  ),
  escalated: Joi.object({
    from: Joi.string<Severity>()
      .valid(...SEVERITIES)
      .required(),
    at: rfc3339().required(),
  }).description('The severity was raised because of its age: what was reported, and when it was raised.'),
  conditions: Joi.array()
    .items(conditionSchema)
    .required()
    .description('Active, Resolved, SourceAbsent, Flapping; kubectl wait --for=condition=Resolved works.'),
}).description('The state of the issue. Kept by Faultline.');
