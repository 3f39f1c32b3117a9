import Joi from 'joi';
import { commentSchema } from './comment.ts';
import type { TypeMeta } from './meta.ts';
import type { API_VERSION } from './names.ts';
import { oneLine } from './text.ts';

/** The kind `IssueAssignment`: somebody works on an issue. `POST …/issues/{name}/assign`; not kept as an object. */
export interface IssueAssignment extends TypeMeta {
  apiVersion: typeof API_VERSION;
  kind: 'IssueAssignment';
  spec: IssueAssignmentSpec;
  /** In answers only: of the issue. */
  status?: IssueAssignmentStatus;
}

/** Neither `assignee` nor `unassign`: to whoever asks. */
export interface IssueAssignmentSpec {
  comment?: string;
  assignee?: string;
  unassign?: true;
}

export interface IssueAssignmentStatus {
  /** Absent: nobody. */
  assignee?: string;
}

/** Names of the subresource as kubectl and RBAC know it. */
export const ISSUE_ASSIGNMENT_NAMES = { kind: 'IssueAssignment', action: 'assign' } as const;

export const MAX_ASSIGNEE = 253;

export const issueAssignmentSpecSchema = Joi.object<IssueAssignmentSpec, true>({
  comment: commentSchema(),
  assignee: Joi.string()
    .max(MAX_ASSIGNEE)
    .custom((value: string) => {
      if (oneLine(value, MAX_ASSIGNEE) === '') throw new Error('must say who');
      return value;
    }, 'somebody')
    .description('Who works on it: a user, a team, whatever its readers know. Default: whoever asks.'),
  unassign: Joi.boolean().valid(true).description('Nobody works on it any more.'),
})
  .oxor('assignee', 'unassign')
  .description('At most one of assignee and unassign.');

export const issueAssignmentStatusSchema = Joi.object<IssueAssignmentStatus, true>({
  assignee: Joi.string().description('Who works on the issue; absent: nobody.'),
}).description('The issue afterwards.');
