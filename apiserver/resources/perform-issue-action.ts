import { ISSUE_NAMES } from '../../crds/issue.ts';
import { GROUP } from '../../crds/names.ts';
import { ActionRefused, type Deed, type Engine } from '../ingest/index.ts';
import {
  type ActionDefinition,
  type ActionRequest,
  type ActionResult,
  type ApiError,
  checkPreconditions,
  conflict,
  invalid,
  type JsonSchema,
  notFound,
} from '../kube/index.ts';
import { issueObject } from '../store/issue-object.ts';
import type { StoredIssue } from '../store/store.ts';

/** How an action of a person is handed to the engine, and how its refusals are worded. */

export type Actor = Pick<Engine, 'act'>;
type Status = ReturnType<typeof issueObject>['status'];

export interface How {
  readonly kind: string;
  readonly comment: string | undefined;
  readonly what: Deed;
}

/** Does `what`, and answers what `show` takes of the issue's status afterwards. Rejects with ApiError, or what the engine rejects with. */
export async function perform(
  engine: Actor,
  request: ActionRequest,
  { kind, comment, what }: How,
  show: (status: Status) => object,
): Promise<ActionResult> {
  const { namespace, name, user, auditId, preconditions, dryRun } = request;
  const expect = (issue: StoredIssue): void =>
    checkPreconditions(ISSUES, { name, uid: issue.uid, resourceVersion: String(issue.change) }, preconditions);
  const words = { ...(comment !== undefined && { comment }), ...(auditId !== undefined && { auditId }) };
  try {
    const issue = await engine.act({ namespace, name, actor: user.name, ...words, what, expect, dryRun });
    const { metadata, status } = issueObject(issue);
    return { metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion }, status: show(status) };
  } catch (error) {
    throw error instanceof ActionRefused ? refusal(error, request, { kind, what }) : error;
  }
}

/** A date is not called as an end is. */
const DUE_FIELDS = { until: 'at', duration: 'in' } as const;

const ISSUES = { group: GROUP, resource: ISSUE_NAMES.plural };

function refusal(
  { reason, message }: ActionRefused,
  { namespace, name, spec }: ActionRequest,
  { kind, what }: Pick<How, 'kind' | 'what'>,
): ApiError {
  switch (reason) {
    case 'no namespace':
      return notFound({ group: '', resource: 'namespaces' }, namespace);
    case 'no issue':
      return notFound(ISSUES, name);
    case 'namespace terminating':
    case 'not active':
      return conflict(ISSUES, name, message);
    case 'time': {
      const asked = 'until' in what ? 'until' : 'duration';
      const field = what.action === 'due' ? DUE_FIELDS[asked] : asked;
      const fault = `${JSON.stringify(spec[field])}: ${message}`;
      return invalid({ group: GROUP, kind }, name, [
        { reason: 'FieldValueInvalid', field: `spec.${field}`, message: fault },
      ]);
    }
    default:
      throw new Error(`no such reason: ${reason satisfies never}`);
  }
}

export function jsonSchema(schema: ActionDefinition['spec']): JsonSchema {
  return schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' }) as JsonSchema;
}
