import { parseDuration } from '../../crds/duration.ts';
import { ISSUE_NAMES } from '../../crds/issue.ts';
import {
  ISSUE_ACKNOWLEDGEMENT_NAMES,
  type IssueAcknowledgementSpec,
  issueAcknowledgementSpecSchema,
  issueAcknowledgementStatusSchema,
} from '../../crds/issue-acknowledgement.ts';
import {
  ISSUE_ASSIGNMENT_NAMES,
  type IssueAssignmentSpec,
  issueAssignmentSpecSchema,
  issueAssignmentStatusSchema,
} from '../../crds/issue-assignment.ts';
import {
  ISSUE_COMMENT_NAMES,
  type IssueCommentSpec,
  issueCommentSpecSchema,
  issueCommentStatusSchema,
} from '../../crds/issue-comment.ts';
import {
  ISSUE_DUE_DATE_NAMES,
  type IssueDueDateSpec,
  issueDueDateSpecSchema,
  issueDueDateStatusSchema,
} from '../../crds/issue-due-date.ts';
import {
  ISSUE_RESOLUTION_NAMES,
  type IssueResolutionSpec,
  issueResolutionSpecSchema,
  issueResolutionStatusSchema,
} from '../../crds/issue-resolution.ts';
import {
  ISSUE_SNOOZE_NAMES,
  type IssueSnoozeSpec,
  issueSnoozeSpecSchema,
  issueSnoozeStatusSchema,
} from '../../crds/issue-snooze.ts';
import { GROUP } from '../../crds/names.ts';
import { oneLine } from '../../crds/text.ts';
import { parseTime } from '../../crds/time.ts';
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

type Actor = Pick<Engine, 'act'>;
type Status = ReturnType<typeof issueObject>['status'];

/** What people do to issues: `POST …/issues/{name}/resolve|acknowledge|snooze|assign|due|comment` (docs/actions.md). */
export function issueActions(engine: Actor): ActionDefinition[] {
  return [resolve(engine), acknowledge(engine), snooze(engine), assign(engine), due(engine), comment(engine)];
}

function resolve(engine: Actor): ActionDefinition {
  const { action: name, kind } = ISSUE_RESOLUTION_NAMES;
  return {
    ...{ name, kind },
    description: 'A person says that an issue is over. A newer failure opens it again.',
    spec: issueResolutionSpecSchema,
    status: jsonSchema(issueResolutionStatusSchema),
    perform: (request) => {
      const { comment } = request.spec as IssueResolutionSpec;
      return perform(engine, request, { kind, comment, what: { action: name } }, (status) => {
        const { state, resolvedAt, resolvedReason } = status;
        return { state, resolvedAt, resolvedReason };
      });
    },
  };
}

function acknowledge(engine: Actor): ActionDefinition {
  const { action: name, kind } = ISSUE_ACKNOWLEDGEMENT_NAMES;
  return {
    ...{ name, kind },
    description: 'A person has taken note of an issue.',
    spec: issueAcknowledgementSpecSchema,
    status: jsonSchema(issueAcknowledgementStatusSchema),
    perform: (request) => {
      const { comment } = request.spec as IssueAcknowledgementSpec;
      return perform(engine, request, { kind, comment, what: { action: name } }, ({ acknowledged }) => ({
        acknowledged,
      }));
    },
  };
}

function snooze(engine: Actor): ActionDefinition {
  const { action: name, kind } = ISSUE_SNOOZE_NAMES;
  return {
    ...{ name, kind },
    description: 'Be quiet about an issue until a time, or for a duration.',
    spec: issueSnoozeSpecSchema,
    status: jsonSchema(issueSnoozeStatusSchema),
    perform: (request) => {
      const spec = request.spec as IssueSnoozeSpec;
      const how = { kind, comment: spec.comment, what: snoozeDeed(spec) };
      return perform(engine, request, how, ({ snoozedUntil }) => ({ snoozedUntil }));
    },
  };
}

/** The schema has seen that it is one of both, and that it can be read. */
function snoozeDeed({ until, duration = '' }: IssueSnoozeSpec): Deed {
  if (until === undefined) return { action: 'snooze', duration: parseDuration(duration) * 1_000 };
  return { action: 'snooze', until: (parseTime(until) as number) * 1_000 };
}

function assign(engine: Actor): ActionDefinition {
  const { action: name, kind } = ISSUE_ASSIGNMENT_NAMES;
  return {
    ...{ name, kind },
    description: 'Somebody works on an issue: a person, a team; by default whoever asks.',
    spec: issueAssignmentSpecSchema,
    status: jsonSchema(issueAssignmentStatusSchema),
    perform: (request) => {
      const { comment, unassign, assignee = request.user.name } = request.spec as IssueAssignmentSpec;
      const what = { action: name, assignee: unassign ? undefined : assignee };
      return perform(engine, request, { kind, comment, what }, ({ assignee: whoever }) => ({
        ...(whoever !== undefined && { assignee: whoever }),
      }));
    },
  };
}

function due(engine: Actor): ActionDefinition {
  const { action: name, kind } = ISSUE_DUE_DATE_NAMES;
  return {
    ...{ name, kind },
    description: 'By when an issue shall be resolved. The date of the finding, if it has one, stays beside it.',
    spec: issueDueDateSpecSchema,
    status: jsonSchema(issueDueDateStatusSchema),
    perform: (request) => {
      const spec = request.spec as IssueDueDateSpec;
      const how = { kind, comment: spec.comment, what: dueDeed(spec) };
      return perform(engine, request, how, ({ due: date }) => ({ ...(date && { due: date }) }));
    },
  };
}

/** The schema has seen that it is one of the three, and that it can be read. */
function dueDeed({ at, in: duration = '', clear }: IssueDueDateSpec): Deed {
  if (clear) return { action: 'due', clear };
  if (at === undefined) return { action: 'due', duration: parseDuration(duration) * 1_000 };
  return { action: 'due', until: (parseTime(at) as number) * 1_000 };
}

function comment(engine: Actor): ActionDefinition {
  const { action: name, kind } = ISSUE_COMMENT_NAMES;
  return {
    ...{ name, kind },
    description: 'A person says something about an issue; it is kept in its timeline.',
    spec: issueCommentSpecSchema,
    status: jsonSchema(issueCommentStatusSchema),
    perform: (request) => {
      const { comment: words } = request.spec as unknown as IssueCommentSpec;
      const by = oneLine(request.user.name, 1_024);
      return perform(engine, request, { kind, comment: words, what: { action: name } }, () => ({ by }));
    },
  };
}

interface How {
  readonly kind: string;
  readonly comment: string | undefined;
  readonly what: Deed;
}

async function perform(
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

function jsonSchema(schema: ActionDefinition['spec']): JsonSchema {
  return schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' }) as JsonSchema;
}
