import Joi from 'joi';
import type { TypeMeta } from './meta.ts';
import type { API_VERSION } from './names.ts';
import { rfc3339 } from './time.ts';

/** The kind `IssueTimeline`: all that happened to an issue. `GET …/issues/{name}/timeline` (docs/adr/0029). */
export interface IssueTimeline extends TypeMeta {
  apiVersion: typeof API_VERSION;
  kind: 'IssueTimeline';
  /** Of the issue. */
  metadata: { name: string; namespace: string; uid: string; resourceVersion: string };
  status: IssueTimelineStatus;
}

export interface IssueTimelineStatus {
  /** False: episodes before the first event are forgotten. */
  complete: boolean;
  /** The oldest first. */
  events: IssueEvent[];
}

export interface IssueEvent {
  /** RFC 3339. Of an episode: when it was observed; of everything else: when it was stored. */
  readonly at: string;
  /**
   * `opened`, `reopened`, `resolved`; `severity` (another one was reported), `escalate` (age raised it); and what people do:
   * `resolve`, `acknowledge`, `snooze`, `assign`, `due`, `comment`, `relate`, `unrelate`.
   */
  readonly event: string;
  /** Who; absent: Faultline. */
  readonly actor?: string;
  readonly comment?: string;
  readonly auditId?: string;
  /** `snooze`: its end. */
  readonly until?: string;
  /** `assign`; absent: to nobody. */
  readonly assignee?: string;
  /** `due`; absent: the date was taken away. */
  readonly dueAt?: string;
  /** `severity`, `escalate`. */
  readonly from?: string;
  readonly to?: string;
  /** `relate`, `unrelate`: the other issue, when the caller may get it. */
  readonly issue?: { readonly id: string; readonly namespace: string; readonly name: string };
  /** `opened`, `reopened`, `resolved`: from 1. */
  readonly episode?: number;
  /** `resolved`: why, and what it said at its end. */
  readonly reason?: string;
  readonly severity?: string;
  readonly title?: string;
  /** `resolved`: how long the episode lasted, seconds. */
  readonly durationSeconds?: number;
}

/** Names of the subresource as kubectl and RBAC know it. */
export const ISSUE_TIMELINE_NAMES = { kind: 'IssueTimeline', subresource: 'timeline' } as const;

export const issueEventSchema = Joi.object<IssueEvent, true>({
  at: rfc3339().required().description('Of an episode: when it was observed; of everything else: when it was stored.'),
  event: Joi.string()
    .required()
    .description(
      'opened, reopened, resolved; severity (another one was reported), escalate (age raised it); resolve, acknowledge, ' +
        'snooze, assign, due, comment, relate, unrelate, delete (people; delete is of Kite’s clients).',
    ),
  actor: Joi.string().description('Who; absent: Faultline.'),
  comment: Joi.string(),
  auditId: Joi.string(),
  until: rfc3339().description('snooze: its end.'),
  assignee: Joi.string().description('assign; absent: to nobody.'),
  dueAt: rfc3339().description('due; absent: the date was taken away.'),
  from: Joi.string().description('severity, escalate.'),
  to: Joi.string(),
  issue: Joi.object({
    id: Joi.string().required(),
    namespace: Joi.string().required(),
    name: Joi.string().required(),
  }).description('relate, unrelate: the other issue, for who may get it.'),
  episode: Joi.number().integer().description('opened, reopened, resolved: from 1.'),
  reason: Joi.string().description('resolved: why.'),
  severity: Joi.string().description('resolved: at the end of the episode.'),
  title: Joi.string(),
  durationSeconds: Joi.number().integer().description('resolved: how long the episode lasted.'),
});

/** What the routes of /api/v1 answer beside the issue, and the subresource as its status. */
export const TIMELINE_FIELDS = {
  complete: Joi.boolean().required().description('false: episodes before the first event are forgotten (retention).'),
  events: Joi.array().items(issueEventSchema).required().description('The oldest first.'),
};

export const issueTimelineStatusSchema = Joi.object<IssueTimelineStatus, true>(TIMELINE_FIELDS).description(
  'All that happened to the issue, in the order of time.',
);
