import Joi from 'joi';
import { commentSchema } from './comment.ts';
import type { TypeMeta } from './meta.ts';
import type { API_VERSION } from './names.ts';
import { rfc3339 } from './time.ts';

/** The kind `IssueAcknowledgement`: a person has taken note. `POST …/issues/{name}/acknowledge`; not kept as an object. */
export interface IssueAcknowledgement extends TypeMeta {
  apiVersion: typeof API_VERSION;
  kind: 'IssueAcknowledgement';
  spec: IssueAcknowledgementSpec;
  /** In answers only: of the issue. */
  status?: IssueAcknowledgementStatus;
}

export interface IssueAcknowledgementSpec {
  comment?: string;
}

export interface IssueAcknowledgementStatus {
  acknowledged: { by: string; at: string };
}

/** Names of the subresource as kubectl and RBAC know it. */
export const ISSUE_ACKNOWLEDGEMENT_NAMES = { kind: 'IssueAcknowledgement', action: 'acknowledge' } as const;

export const issueAcknowledgementSpecSchema = Joi.object<IssueAcknowledgementSpec, true>({
  comment: commentSchema(),
}).description('What the person says.');

export const issueAcknowledgementStatusSchema = Joi.object<IssueAcknowledgementStatus, true>({
  acknowledged: Joi.object({ by: Joi.string().required(), at: rfc3339().required() })
    .required()
    .description('Who has taken note of the issue, and when.'),
}).description('The issue afterwards.');
