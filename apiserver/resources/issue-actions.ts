import { parseDuration } from '../../crds/duration.ts';
import {
  ISSUE_ACKNOWLEDGEMENT_NAMES,
  type IssueAcknowledgementSpec,
  issueAcknowledgementSpecSchema,
  issueAcknowledgementStatusSchema,
} from '../../crds/issue-acknowledgement.ts';
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
import { parseTime } from '../../crds/time.ts';
import type { Deed } from '../ingest/index.ts';
import type { ActionDefinition } from '../kube/index.ts';
import { assign, comment, due } from './issue-plans.ts';
import { type Actor, jsonSchema, perform } from './perform-issue-action.ts';

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
