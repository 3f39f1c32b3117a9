import Joi from 'joi';
import { commentSchema } from './comment.ts';
import { type IssueState, RESOLVED_REASONS, type ResolvedReason, STATES } from './issue.ts';
import type { TypeMeta } from './meta.ts';
import type { API_VERSION } from './names.ts';
import { rfc3339 } from './time.ts';

/** The kind `IssueResolution`: a person says that an issue is over. `POST …/issues/{name}/resolve`; not kept as an object. */
export interface IssueResolution extends TypeMeta {
  apiVersion: typeof API_VERSION;
  kind: 'IssueResolution';
  spec: IssueResolutionSpec;
  /** In answers only: of the issue. */
  status?: IssueResolutionStatus;
}

export interface IssueResolutionSpec {
  comment?: string;
}

export interface IssueResolutionStatus {
  state: IssueState;
  resolvedAt: string;
  /** Manual, unless the issue was over before. */
  resolvedReason: ResolvedReason;
}

/** Names of the subresource as kubectl and RBAC know it. */
export const ISSUE_RESOLUTION_NAMES = { kind: 'IssueResolution', action: 'resolve' } as const;

export const issueResolutionSpecSchema = Joi.object<IssueResolutionSpec, true>({
  comment: commentSchema(),
}).description('What the person says.');

export const issueResolutionStatusSchema = Joi.object<IssueResolutionStatus, true>({
  state: Joi.string<IssueState>()
    .valid(...STATES)
    .required()
    .description('Resolved.'),
  resolvedAt: rfc3339().required().description('When the issue was resolved.'),
  resolvedReason: Joi.string<ResolvedReason>()
    .valid(...RESOLVED_REASONS)
    .required()
    .description('Manual, unless the issue was over before.'),
}).description('The issue afterwards.');
