import Joi from 'joi';
import type { TypeMeta } from './meta.ts';
import type { API_VERSION } from './names.ts';
import { multiLine } from './text.ts';

/** The kind `IssueComment`: a person says something about an issue. `POST …/issues/{name}/comment`; kept in its timeline. */
export interface IssueComment extends TypeMeta {
  apiVersion: typeof API_VERSION;
  kind: 'IssueComment';
  spec: IssueCommentSpec;
  /** In answers only. */
  status?: IssueCommentStatus;
}

export interface IssueCommentSpec {
  comment: string;
}

export interface IssueCommentStatus {
  /** Whose words the timeline has. */
  by: string;
}

/** Names of the subresource as kubectl and RBAC know it. */
export const ISSUE_COMMENT_NAMES = { kind: 'IssueComment', action: 'comment' } as const;

export const issueCommentSpecSchema = Joi.object<IssueCommentSpec, true>({
  comment: Joi.string()
    .max(1_024)
    .custom((value: string) => {
      if (multiLine(value, 4_096) === '') throw new Error('must say something');
      return value;
    }, 'words')
    .required()
    .description('For whoever reads the timeline of the issue; at most 1,024 characters.'),
}).description('What the person says.');

export const issueCommentStatusSchema = Joi.object<IssueCommentStatus, true>({
  by: Joi.string().required().description('Whose words the timeline has.'),
}).description('Who said it.');
