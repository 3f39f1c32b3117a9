import Joi from 'joi';
import { type Evidence, evidenceSchema } from './evidence.ts';
import type { Link, LinkRelation, ObservedObject, Remediation, Severity, Subject } from './issue.ts';
import { linkSchema, observedSchema, remediationSchema, SEVERITIES, subjectSchema } from './issue.ts';
import { DNS_LABEL, LABEL_KEY, REASON, SOURCE_NAME } from './names.ts';
import { type Shard, shardSchema } from './shard.ts';
import { rfc3339 } from './time.ts';

export type { Link, LinkRelation, ObservedObject, Remediation, Severity, Subject };

/** One thing that is wrong with a subject, as a controller or a receiver says it. */
export interface Finding {
  /** Distinguishes the findings of one subject; unique within one observation. */
  key: string;
  type: string;
  severity: Severity;
  reason: string;
  title: string;
  description?: string;
  links?: Link[];
  labels?: Record<string, string>;
  group?: string;
  /** RFC 3339. */
  dueAt?: string;
  remediation?: Remediation;
  /** What shows it; stored beside the issue (docs/adr/0012). */
  evidence?: Evidence;
}

/** Things that finish: many runs share one subject and the newest decides. Times are RFC 3339. */
export interface RunOrder {
  class: 'run';
  completedAt?: string;
  createdAt?: string;
  uid: string;
  /** How many related objects were found finished: a later look with less detail corrects nothing. */
  detail: number;
  epoch: number;
  sequence: number;
  /** Of a webhook with a time of its own: tried again within 24 h, it answers as the first time (docs/adr/0012). */
  deliveryId?: string;
}

/** Things that are: the current leader's latest look wins. */
export interface StateOrder {
  class: 'state';
  epoch: number;
  sequence: number;
}

/** Webhooks without a time of their own: the server stamps them in order of arrival. */
export interface ReceivedOrder {
  class: 'received';
  deliveryId?: string;
}

export type ReportOrder = RunOrder | StateOrder | ReceivedOrder;
export type OrderClass = ReportOrder['class'];

export type ReportBody =
  | { complete: true; findings: Finding[] }
  | { complete: false; findings: Finding[]; resolve?: string[] }
  /** 'object': the observed object is gone; 'subject': the subject itself, without an aspect every aspect of it. */
  | { deleted: 'object' | 'subject' };

/** What a reporter sends: one observation of one subject. */
export interface Report {
  source: string;
  /** Where the issue lives. */
  namespace: string;
  subject: Subject;
  order: ReportOrder;
  /** RFC 3339: time of the transition; never part of the order. */
  observedAt?: string;
  observed?: ObservedObject;
  /** RFC 3339. */
  expiresAt?: string;
  /**
   * The text of the findings may be read where the issue lives, though it is about another namespace. Default: such text
   * is dropped (docs/adr/0007).
   */
  crossNamespaceText?: boolean;
  body: ReportBody;
}

/** The cells of design.md's decision table, as a decision on one key of one report. */
export type Cell =
  | '1A' | '1B' | '1C' | '2B' | '2C' | '3A' | '3B' | '3C' | '4A' | '4B' | '4C' | '5A' | '5B' | '5C' | "5'B"
  | '6A' | '6B' | '6C' | '7B' | '8B' | '9B' | '10B' | "10'C"; // biome-ignore format: a table

export interface Decision {
  key: string;
  cell: Cell;
  issue?: { namespace: string; name: string };
}

/** One fault of an input, at the path where it was found. */
export interface InputFault {
  /** For example `[3].body.findings[0].severity`. */
  path: string;
  message: string;
  value?: unknown;
  allowed?: unknown[];
}

export type ReportStatus = 200 | 403 | 404 | 409 | 422 | 429 | 503;

export interface ReportResult {
  index: number;
  status: ReportStatus;
  decisions?: Decision[];
  error?: string;
  details?: InputFault[];
  /** Of a 429, where it is known: when this report may come again. */
  retryAfterSeconds?: number;
}

/** How the error of a 409 begins when the epoch is over: whoever still runs leads again, nothing else helps. */
export const FENCED = 'fenced:';

export function isFenced({ status, error }: { readonly status: number; readonly error?: string }): boolean {
  return status === 409 && error?.startsWith(FENCED) === true;
}

/** How the error of a 429 begins when too many issues are Active: trying again helps only when some of them were resolved. */
export const CROWDED = 'too many issues:';
const CROWDED_RETRY_SECONDS = 60;

export function isCrowded({ status, error }: { readonly status: number; readonly error?: string }): boolean {
  return status === 429 && error?.startsWith(CROWDED) === true;
}

/**
 * How the error of a 429 begins when one namespace, or one source in it, has too many reports: those of others are taken.
 * Every other 429 of a request as a whole, but for one that begins with `CROWDED`, says that the server is full.
 */
export const LIMITED = 'too many reports for ';

export function isLimited({ status, error }: { readonly status: number; readonly error?: string }): boolean {
  return status === 429 && error?.startsWith(LIMITED) === true;
}

/** After how long what was answered 429 or 503 may come again: as soon as the first of these may. Undefined: none was. */
export function retryAfterSeconds(
  results: readonly { readonly status: number; readonly error?: string; readonly retryAfterSeconds?: number }[],
): number | undefined {
  const refused = results.filter(({ status }) => status === 429 || status === 503);
  if (refused.length === 0) return undefined;
  return Math.min(
    ...refused.map((result) => result.retryAfterSeconds ?? (isCrowded(result) ? CROWDED_RETRY_SECONDS : 1)),
  );
}

/** Answer of `POST /api/v1/reports`. */
export interface ReportsResponse {
  results: ReportResult[];
  /** The last change number when the answer was made: watch from here to see what the reports did. */
  resourceVersion: string;
  /**
   * Which database this is, opaque. Another one (a restore, a failover, an emptied one) may lack what was acknowledged
   * before: who reports leads again and looks at everything once more.
   */
  database?: string;
}

export interface SourceFilter {
  namespaces: string[];
  labelSelector: string;
  /**
   * Of these namespaces only those of this shard. In a lead all shards of a source have the same `namespaces`: any of them
   * says what the source covers (row 8). In a sync it bounds what may be resolved (row 7).
   */
  shard?: Shard;
}

/** `POST /api/v1/lead`: a manager begins to lead these sources; earlier epochs of each (source, shard) are fenced. */
export interface LeadRequest {
  manager: string;
  /** Where the filters have a shard, its name (`3-of-8`); leads of the same manager with another count are over then. */
  shard?: string;
  sources: { name: string; class: OrderClass; filter: SourceFilter }[];
  /**
   * What the manager cannot tell about now, because it may not be read or is broken: names, or `rule.*`. A source of before
   * that is left out is absent (row 8), but not one of these: it stays as it is.
   */
  unknown?: string[];
}

export interface LeadResponse {
  sources: { name: string; epoch: number }[];
}

/** `POST /api/v1/sources/{source}/sync`: row 7, after the first complete list of an epoch. */
export interface SyncRequest {
  epoch: number;
  shard?: string;
  filter: SourceFilter;
  /** Hex SHA-256 (`objectHash`) of every object listed, decided or not. */
  objects: string[];
}

export interface SyncResponse {
  /** How many issues were resolved because their observed object is gone. */
  resolved: number;
  kept: number;
}

/** `GET /api/v1/sources/{source}/subjects?state=Active`. */
export interface SubjectsResponse {
  subjects: { namespace: string; subject: Subject; keys: string[]; observed?: ObservedObject }[];
}

/** At most this many reports in one request, and this many findings in one report. */
export const MAX_REPORTS = 1_000;
export const MAX_FINDINGS = 500;

const label = Joi.string().max(1_024).allow('');

export const findingSchema = Joi.object<Finding, true>({
  key: Joi.string().min(1).max(253).required().description('Distinguishes the findings of one subject.'),
  type: Joi.string()
    .min(1)
    .max(63)
    .required()
    .description('Open text; well known: build, test, release, dependency, pipeline, workload, security.'),
  severity: Joi.string<Severity>()
    .valid(...SEVERITIES)
    .required(),
  reason: Joi.string().max(128).pattern(REASON, 'CamelCase reason').required(),
  title: Joi.string().min(1).max(10_000).required().description('One line; cut to 200 characters.'),
  description: Joi.string().allow('').max(1_000_000).description('Cut to 8 KiB.'),
  links: Joi.array().items(linkSchema).max(10_000).description('The first 20 are kept.'),
  labels: Joi.object().pattern(Joi.string().pattern(LABEL_KEY, 'label key'), label).max(64),
  group: Joi.string().min(1).max(253),
  dueAt: rfc3339(),
  remediation: remediationSchema,
  evidence: evidenceSchema,
});

export const runOrderSchema = Joi.object<RunOrder, true>({
  class: Joi.string<'run'>().valid('run').required(),
  completedAt: rfc3339(),
  createdAt: rfc3339(),
  uid: Joi.string().allow('').max(253).required(),
  detail: Joi.number().integer().min(0).required(),
  epoch: Joi.number().integer().min(0).required(),
  sequence: Joi.number().integer().min(0).required(),
  deliveryId: Joi.string().min(1).max(253),
});

export const stateOrderSchema = Joi.object<StateOrder, true>({
  class: Joi.string<'state'>().valid('state').required(),
  epoch: Joi.number().integer().min(0).required(),
  sequence: Joi.number().integer().min(0).required(),
});

export const receivedOrderSchema = Joi.object<ReceivedOrder, true>({
  class: Joi.string<'received'>().valid('received').required(),
  deliveryId: Joi.string().min(1).max(253),
});

/** That keys are unique is checked once they are cleaned: two may become one (apiserver/ingest/normalize.ts). */
const findings = Joi.array().items(findingSchema).max(MAX_FINDINGS);

/** `when` rather than alternatives: a fault is then reported at its own path, not as "does not match any of". */
export const reportSchema = Joi.object<Report>({
  source: Joi.string().pattern(SOURCE_NAME, 'source name').required(),
  namespace: Joi.string().pattern(DNS_LABEL, 'namespace name').required(),
  subject: subjectSchema.required(),
  order: Joi.alternatives()
    .conditional('.class', {
      switch: [
        { is: 'run', then: runOrderSchema },
        { is: 'state', then: stateOrderSchema },
        { is: 'received', then: receivedOrderSchema },
      ],
      otherwise: Joi.object({ class: Joi.string().valid('run', 'state', 'received').required() }).unknown(),
    })
    .required(),
  observedAt: rfc3339(),
  observed: observedSchema,
  expiresAt: rfc3339(),
  crossNamespaceText: Joi.boolean().description(
    'The text of the findings may be read where the issue lives, though its subject is in another namespace. Default: false; then title, description, links, remediation and evidence are dropped.',
  ),
  body: Joi.object({
    complete: Joi.boolean(),
    findings: findings.when('complete', { is: Joi.exist(), then: Joi.required() }),
    resolve: Joi.array().items(Joi.string().min(1).max(253)).max(MAX_FINDINGS).unique(),
    deleted: Joi.string().valid('object', 'subject'),
  })
    .xor('complete', 'deleted')
    .without('deleted', ['findings', 'resolve'])
    .when('.complete', { is: true, then: Joi.object({ resolve: Joi.forbidden() }) })
    .required(),
});

const sourceFilterSchema = Joi.object<SourceFilter, true>({
  namespaces: Joi.array().items(Joi.string().max(253)).max(10_000).required(),
  labelSelector: Joi.string().allow('').max(4_096).required(),
  shard: shardSchema,
});

export const leadRequestSchema = Joi.object<LeadRequest, true>({
  manager: Joi.string().min(1).max(253).required(),
  shard: Joi.string().allow('').max(63),
  sources: Joi.array()
    .items(
      Joi.object({
        name: Joi.string().pattern(SOURCE_NAME, 'source name').required(),
        class: Joi.string().valid('run', 'state', 'received').required(),
        filter: sourceFilterSchema.required(),
      }),
    )
    .unique('name')
    .max(1_000)
    .required(),
  unknown: Joi.array()
    .items(Joi.string().min(1).max(253))
    .max(1_000)
    .description(
      'Sources that the manager cannot tell about now: names, or `rule.*` for all that begin so. They stay as they are though `sources` lacks them.',
    ),
});

export const syncRequestSchema = Joi.object<SyncRequest, true>({
  epoch: Joi.number().integer().min(0).required(),
  shard: Joi.string().allow('').max(63),
  filter: sourceFilterSchema.required(),
  objects: Joi.array()
    .items(Joi.string().pattern(/^[0-9a-f]{64}$/, 'a SHA-256 in hex'))
    .max(1_000_000)
    .required(),
});
