import Joi from 'joi';
import { EVIDENCE_FIELDS, type Evidence } from './evidence.ts';
import { type ObservedObject, observedSchema } from './issue.ts';
import type { TypeMeta } from './meta.ts';
import type { API_VERSION } from './names.ts';
import { rfc3339 } from './time.ts';

/** The kind `IssueEvidence`: what showed an issue last. `GET …/issues/{name}/evidence`, a right of its own. */
export interface IssueEvidence extends TypeMeta {
  apiVersion: typeof API_VERSION;
  kind: 'IssueEvidence';
  /** Of the issue. */
  metadata: { name: string; namespace: string; uid: string; resourceVersion: string };
  status: IssueEvidenceStatus;
}

export interface IssueEvidenceStatus extends Evidence {
  /** RFC 3339: when it was stored. */
  recordedAt: string;
  /** The object that it is about: a later one that failed without evidence leaves it as it is. */
  observed?: ObservedObject;
}

/** Names of the subresource as kubectl and RBAC know it. */
export const ISSUE_EVIDENCE_NAMES = { kind: 'IssueEvidence', subresource: 'evidence' } as const;

export const issueEvidenceStatusSchema = Joi.object<IssueEvidenceStatus, true>({
  recordedAt: rfc3339().required().description('When it was stored.'),
  observed: observedSchema.description('The object that it is about, for example the PipelineRun.'),
  ...EVIDENCE_FIELDS,
}).description('What showed the issue last.');
