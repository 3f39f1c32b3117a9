import Joi from 'joi';
import { parseDuration } from './duration.ts';
import type { TypeMeta } from './meta.ts';
import { type API_VERSION, DNS_LABEL } from './names.ts';
import { parseTime } from './time.ts';

/**
 * The kind `IssueStatistics`: how much broke, and how long it took. Create only, like a SubjectAccessReview: it is answered
 * about what the caller may list, and not kept (docs/adr/0029).
 */
export interface IssueStatistics extends TypeMeta {
  apiVersion: typeof API_VERSION;
  kind: 'IssueStatistics';
  metadata?: { name?: string };
  spec?: IssueStatisticsSpec;
  status?: IssueStatisticsStatus;
}

export interface IssueStatisticsSpec {
  /** Default: all that the caller may list. */
  namespaces?: string[];
  types?: string[];
  /** Names of subjects. */
  subjects?: string[];
  /** An RFC 3339 time, or a duration for so long ago. Default: `7d`. */
  since?: string;
  /** Default, and at the latest: now. */
  until?: string;
  /** Rows of each list, 1 to 100. Default: 10. */
  limit?: number;
}

export interface IssueCounts {
  /** Active now. */
  readonly open: number;
  /** Episodes that began. */
  readonly opened: number;
  /** Episodes that ended. */
  readonly resolved: number;
  /** Of those that ended; absent when none did. */
  readonly meanSecondsToResolve?: number;
}

interface SubjectName {
  readonly namespace: string;
  readonly kind: string;
  readonly subject: string;
}

export interface IssueStatisticsStatus {
  /** RFC 3339. */
  readonly since: string;
  readonly until: string;
  readonly total: IssueCounts;
  /** Days of UTC, `2026-11-21`, oldest first; those with nothing too. */
  readonly days: readonly { readonly day: string; readonly opened: number; readonly resolved: number }[];
  readonly namespaces: readonly (IssueCounts & { readonly namespace: string })[];
  readonly types: readonly (IssueCounts & { readonly type: string })[];
  readonly subjects: readonly (IssueCounts & SubjectName)[];
  /** The issues that began most often. */
  readonly mostFrequent: readonly (SubjectName & {
    readonly name: string;
    readonly title: string;
    readonly type: string;
    readonly episodes: number;
  })[];
}

/** Names of the resource as kubectl and RBAC know it. */
export const ISSUE_STATISTICS_NAMES = {
  kind: 'IssueStatistics', listKind: 'IssueStatisticsList', plural: 'issuestatistics', singular: 'issuestatistics', shortNames: [], categories: [],
} as const; // biome-ignore format: one line reads better

const MAX_VALUES = 50;
const values = (items = Joi.string().max(253)) => Joi.array().items(items).max(MAX_VALUES);
const moment = () =>
  Joi.string()
    .max(64)
    .custom((text: string) => {
      if (parseTime(text) === undefined) parseDuration(text);
      return text;
    }, 'an RFC 3339 time, or a duration such as 7d');

export const issueStatisticsSpecSchema = Joi.object<IssueStatisticsSpec, true>({
  namespaces: values(Joi.string().pattern(DNS_LABEL, 'namespace name')).description(
    'Default: all that the caller may list.',
  ),
  types: values(),
  subjects: values().description('Names of subjects.'),
  since: moment().default('7d').description('An RFC 3339 time, or a duration for so long ago.'),
  until: moment().description('As since. Default, and at the latest: now.'),
  limit: Joi.number().integer().min(1).max(100).default(10).description('Rows of each list.'),
}).description('What is counted.');

const number = Joi.number().integer().min(0);
const counts = {
  open: number.required().description('Active now.'),
  opened: number.required().description('Episodes that began.'),
  resolved: number.required().description('Episodes that ended.'),
  meanSecondsToResolve: number.description('Of those that ended; absent when none did.'),
} satisfies Record<keyof IssueCounts, Joi.Schema>;
const text = Joi.string().required();
const subject = { namespace: text, kind: text, subject: text };

export const issueStatisticsStatusSchema = Joi.object<IssueStatisticsStatus>({
  since: text,
  until: text,
  total: Joi.object(counts).required(),
  days: Joi.array()
    .items(Joi.object({ day: text, opened: number.required(), resolved: number.required() }))
    .required()
    .description('Of UTC, oldest first.'),
  namespaces: Joi.array()
    .items(Joi.object({ namespace: text, ...counts }))
    .required(),
  types: Joi.array()
    .items(Joi.object({ type: text, ...counts }))
    .required(),
  subjects: Joi.array()
    .items(Joi.object({ ...subject, ...counts }))
    .required(),
  mostFrequent: Joi.array()
    .items(Joi.object({ ...subject, name: text, title: text, type: text, episodes: number.required() }))
    .required(),
}).description('Each list has what is worst first.');
