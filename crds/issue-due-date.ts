import Joi from 'joi';
import { commentSchema } from './comment.ts';
import { parseDuration } from './duration.ts';
import type { TypeMeta } from './meta.ts';
import type { API_VERSION } from './names.ts';
import { rfc3339 } from './time.ts';

/** The kind `IssueDueDate`: by when an issue shall be resolved. `POST …/issues/{name}/due`; not kept as an object. */
export interface IssueDueDate extends TypeMeta {
  apiVersion: typeof API_VERSION;
  kind: 'IssueDueDate';
  spec: IssueDueDateSpec;
  /** In answers only: of the issue. */
  status?: IssueDueDateStatus;
}

/** Exactly one of `at`, `in` and `clear`. */
export interface IssueDueDateSpec {
  comment?: string;
  /** RFC 3339, in the future. */
  at?: string;
  /** `8h`, `3d`: from when the server takes it. */
  in?: string;
  /** No date of a person any more; that of the finding stays. */
  clear?: true;
}

export interface IssueDueDateStatus {
  /** Absent: no person has set one. */
  due?: { by: string; at: string };
}

/** Names of the subresource as kubectl and RBAC know it. */
export const ISSUE_DUE_DATE_NAMES = { kind: 'IssueDueDate', action: 'due' } as const;

/** How far ahead a due date may be: beyond it, it is a slip of the pen. */
export const MAX_DUE = '3650d';
export const MAX_DUE_MS = parseDuration(MAX_DUE);

export const issueDueDateSpecSchema = Joi.object<IssueDueDateSpec, true>({
  comment: commentSchema(),
  at: rfc3339().description(`By when it shall be resolved: in the future, at most ${MAX_DUE} ahead.`),
  in: Joi.string()
    .max(64)
    .custom((value: string) => {
      const ms = parseDuration(value);
      if (ms <= 0 || ms > MAX_DUE_MS) throw new Error(`must be longer than nothing and at most ${MAX_DUE}`);
      return value;
    }, 'a duration')
    .description(`In how long, for example 8h or 3d; at most ${MAX_DUE}.`),
  clear: Joi.boolean().valid(true).description('Take the date away; that of the finding (spec.dueAt) stays.'),
})
  .xor('at', 'in', 'clear')
  .description('Exactly one of at, in and clear.');

export const issueDueDateStatusSchema = Joi.object<IssueDueDateStatus, true>({
  due: Joi.object({ by: Joi.string().required(), at: rfc3339().required() }).description(
    'By when the issue shall be resolved, and who says so; absent: nobody does.',
  ),
}).description('The issue afterwards.');
