import { parseDuration } from '../../crds/duration.ts';
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
import { oneLine } from '../../crds/text.ts';
import { parseTime } from '../../crds/time.ts';
import type { Deed } from '../ingest/index.ts';
import type { ActionDefinition } from '../kube/index.ts';
import { type Actor, jsonSchema, perform } from './perform-issue-action.ts';

/** What people plan about issues, and what they say: assign, due and comment. None of it changes the state. */

export function assign(engine: Actor): ActionDefinition {
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

export function due(engine: Actor): ActionDefinition {
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

export function comment(engine: Actor): ActionDefinition {
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
