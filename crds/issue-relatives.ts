import Joi from 'joi';
import { SEVERITIES, STATES, type Subject, subjectSchema } from './issue.ts';
import type { TypeMeta } from './meta.ts';
import { type API_VERSION, UUID } from './names.ts';
import { rfc3339 } from './time.ts';

/** The kind `IssueRelatives`: what an issue comes from and what comes from it. `GET …/issues/{name}/related` (docs/adr/0029). */
export interface IssueRelatives extends TypeMeta {
  apiVersion: typeof API_VERSION;
  kind: 'IssueRelatives';
  /** Of the issue. */
  metadata: { name: string; namespace: string; uid: string; resourceVersion: string };
  status: IssueRelativesStatus;
}

export interface IssueRelativesStatus {
  /** The root, when this is a consequence. */
  cause: IssueReference | null;
  consequences: IssueReference[];
  /** What somebody linked it with. */
  related: { by: string; at: string; issue: IssueReference }[];
}

/** An issue as another one names it. */
export interface IssueReference {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly state: string;
  readonly severity: string;
  readonly type: string;
  readonly reason: string;
  readonly title: string;
  readonly subject: Subject;
  /** RFC 3339. */
  readonly openedAt: string;
}

/** Names of the subresource as kubectl and RBAC know it. */
export const ISSUE_RELATIVES_NAMES = { kind: 'IssueRelatives', subresource: 'related' } as const;

export const issueReferenceSchema = Joi.object<IssueReference, true>({
  id: Joi.string().pattern(UUID).required().description('Never changes, not even when metadata.uid does.'),
  namespace: Joi.string().required(),
  name: Joi.string().required(),
  state: Joi.string()
    .valid(...STATES)
    .required(),
  severity: Joi.string()
    .valid(...SEVERITIES)
    .required(),
  type: Joi.string().required(),
  reason: Joi.string().required(),
  title: Joi.string().required(),
  subject: subjectSchema.required(),
  openedAt: rfc3339().required(),
});

/** What the routes of /api/v1 answer beside the issue, and the subresource as its status. */
export const RELATIVES_FIELDS = {
  cause: issueReferenceSchema.allow(null).required().description('The root, when this is a consequence.'),
  consequences: Joi.array().items(issueReferenceSchema).required(),
  related: Joi.array()
    .items(
      Joi.object({ by: Joi.string().required(), at: rfc3339().required(), issue: issueReferenceSchema.required() }),
    )
    .required()
    .description('What somebody linked it with.'),
};

export const issueRelativesStatusSchema = Joi.object<IssueRelativesStatus, true>(RELATIVES_FIELDS).description(
  'What the issue comes from, what comes from it, and what people linked it with; only what the caller may get.',
);
