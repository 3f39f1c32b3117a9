import Joi from 'joi';
import { commentSchema } from './comment.ts';
import { parseDuration } from './duration.ts';
import type { TypeMeta } from './meta.ts';
import type { API_VERSION } from './names.ts';
import { rfc3339 } from './time.ts';

/** The kind `IssueSnooze`: be quiet about an issue for a while. `POST …/issues/{name}/snooze`; not kept as an object. */
export interface IssueSnooze extends TypeMeta {
  apiVersion: typeof API_VERSION;
  kind: 'IssueSnooze';
  spec: IssueSnoozeSpec;
  /** In answers only: of the issue. */
  status?: IssueSnoozeStatus;
}

/** Exactly one of `until` and `duration`. */
export interface IssueSnoozeSpec {
  comment?: string;
  /** RFC 3339, in the future. */
  until?: string;
  /** `2h`, `1d12h`: from when the server takes it. */
  duration?: string;
}

export interface IssueSnoozeStatus {
  snoozedUntil: string;
}

/** Names of the subresource as kubectl and RBAC know it. */
export const ISSUE_SNOOZE_NAMES = { kind: 'IssueSnooze', action: 'snooze' } as const;

/** How far ahead a snooze may end. What should never be heard of again is to be switched off where it comes from. */
export const MAX_SNOOZE = '90d';
export const MAX_SNOOZE_MS = parseDuration(MAX_SNOOZE);

export const issueSnoozeSpecSchema = Joi.object<IssueSnoozeSpec, true>({
  comment: commentSchema(),
  until: rfc3339().description(`When the snooze ends, in the future, at most ${MAX_SNOOZE} ahead.`),
  duration: Joi.string()
    .max(64)
    .custom((value: string) => {
      const ms = parseDuration(value);
      if (ms <= 0 || ms > MAX_SNOOZE_MS) throw new Error(`must be longer than nothing and at most ${MAX_SNOOZE}`);
      return value;
    }, 'a duration')
    .description(`How long the snooze lasts, for example 30m, 2h or 1d12h; at most ${MAX_SNOOZE}.`),
})
  .xor('until', 'duration')
  .description('Exactly one of until and duration.');

export const issueSnoozeStatusSchema = Joi.object<IssueSnoozeStatus, true>({
  snoozedUntil: rfc3339().required().description('When the snooze ends.'),
}).description('The issue afterwards.');
