import Joi from 'joi';
import type { TypeMeta } from './meta.ts';
import type { API_VERSION } from './names.ts';
import { type Decision, type Report, reportSchema } from './report.ts';

/**
 * The kind `IssueReport`: one report as a Kubernetes object, for `kubectl create -f` and for clients that speak nothing
 * but Kubernetes. Create only, like a SubjectAccessReview: it is answered and not kept.
 */
export interface IssueReport extends TypeMeta {
  apiVersion: typeof API_VERSION;
  kind: 'IssueReport';
  metadata: IssueReportMeta;
  spec: Report;
  /** Absent after a dry run. */
  status?: IssueReportStatus;
}

/** What a client may send besides; nothing of it is kept. */
export interface IssueReportMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface IssueReportStatus {
  /** What was decided, by finding key. */
  decisions: Decision[];
  /** Watch issues from here to see what the report did. */
  resourceVersion: string;
}

/** Names of the resource as kubectl and RBAC know it. */
export const ISSUE_REPORT_NAMES = {
  kind: 'IssueReport', listKind: 'IssueReportList', plural: 'issuereports', singular: 'issuereport', shortNames: [], categories: [],
} as const; // biome-ignore format: one line reads better

/** `namespace` may be left out: it is that of the object. */
export const issueReportSpecSchema = reportSchema
  .fork(['namespace'], (schema) => schema.optional().description('Where the issue lives: the namespace of the report.'))
  .description('One observation of one subject: everything that is wrong with it now, or one change of it.');

export const issueReportStatusSchema = Joi.object<IssueReportStatus, true>({
  decisions: Joi.array()
    .items(
      Joi.object({
        key: Joi.string().allow('').required().description('The finding key; empty for a subject without findings.'),
        cell: Joi.string().required().description('The cell of the decision table, for example 3A: a new issue.'),
        issue: Joi.object({ namespace: Joi.string().required(), name: Joi.string().required() }),
      }),
    )
    .required()
    .description('What was decided, by finding key.'),
  resourceVersion: Joi.string().required().description('Watch issues from here to see what the report did.'),
}).description('What became of the report. Not kept.');
