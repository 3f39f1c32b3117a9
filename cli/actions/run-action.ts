import { ISSUE_NAMES } from '../../crds/issue.ts';
import { ISSUE_ACKNOWLEDGEMENT_NAMES, type IssueAcknowledgement } from '../../crds/issue-acknowledgement.ts';
import { ISSUE_ASSIGNMENT_NAMES, type IssueAssignment } from '../../crds/issue-assignment.ts';
import { ISSUE_COMMENT_NAMES, type IssueComment } from '../../crds/issue-comment.ts';
import { ISSUE_DUE_DATE_NAMES, type IssueDueDate } from '../../crds/issue-due-date.ts';
import { ISSUE_RESOLUTION_NAMES, type IssueResolution } from '../../crds/issue-resolution.ts';
import { ISSUE_SNOOZE_NAMES, type IssueSnooze } from '../../crds/issue-snooze.ts';
import { API_VERSION, GROUP } from '../../crds/names.ts';
import { oneLine } from '../../crds/text.ts';
import type { ActionOptions } from '../commands/action.ts';
import type { AssignOptions } from '../commands/assign.ts';
import type { DueOptions } from '../commands/due.ts';
import type { SnoozeOptions } from '../commands/snooze.ts';
import { EXIT, Failure } from '../exit.ts';
import { Asker } from '../reading/ask.ts';
import { connectToRead } from '../reading/connect.ts';
import { Refusal } from '../reading/fault.ts';
import { issueOfId } from '../reading/issue-of-id.ts';
import { issuesPath } from '../reading/issues.ts';
import { explainMissing, MissingIssue } from '../reading/missing.ts';
import type { Streams } from '../streams.ts';
import { confirmed } from './confirm.ts';

/** `faultline resolve`: answers the exit code. Throws a Failure of one line with what the server said. */
export async function runResolve(options: ActionOptions, streams: Streams): Promise<number> {
  return await act<IssueResolution>(ISSUE_RESOLUTION_NAMES, options, {}, streams, ({ status }) => {
    const { resolvedReason = 'Manual' } = status ?? {};
    // It was over already: the person is told that it was not they.
    return `resolved${resolvedReason === 'Manual' ? '' : ` before: ${resolvedReason}`}`;
  });
}

export async function runAcknowledge(options: ActionOptions, streams: Streams): Promise<number> {
  return await act<IssueAcknowledgement>(ISSUE_ACKNOWLEDGEMENT_NAMES, options, {}, streams, () => 'acknowledged');
}

export async function runSnooze(options: SnoozeOptions, streams: Streams): Promise<number> {
  const { duration, until } = options;
  const spec = { ...(duration !== undefined && { duration }), ...(until !== undefined && { until }) };
  return await act<IssueSnooze>(
    ISSUE_SNOOZE_NAMES,
    options,
    spec,
    streams,
    ({ status }) => `snoozed until ${status?.snoozedUntil}`,
  );
}

export async function runAssign(options: AssignOptions, streams: Streams): Promise<number> {
  const { assignee, unassign } = options;
  const spec = { ...(assignee !== undefined && { assignee }), ...(unassign && { unassign }) };
  return await act<IssueAssignment>(ISSUE_ASSIGNMENT_NAMES, options, spec, streams, ({ status }) =>
    status?.assignee === undefined ? 'assigned to nobody' : `assigned to ${status.assignee}`,
  );
}

export async function runDue(options: DueOptions, streams: Streams): Promise<number> {
  const { at, in: duration, clear } = options;
  const spec = {
    ...(at !== undefined && { at }),
    ...(duration !== undefined && { in: duration }),
    ...(clear && { clear }),
  };
  return await act<IssueDueDate>(ISSUE_DUE_DATE_NAMES, options, spec, streams, ({ status }) =>
    status?.due === undefined ? 'has no due date' : `due ${status.due.at}`,
  );
}

export async function runComment(options: ActionOptions, streams: Streams): Promise<number> {
  return await act<IssueComment>(ISSUE_COMMENT_NAMES, options, {}, streams, () => 'commented');
}

interface ActionNames {
  readonly kind: string;
  readonly action: string;
}

/**
 * The same to every issue, one after the other. With several issues what one of them is refused for is a line of its
 * own, and the others follow.
 */
async function act<T>(
  { kind, action }: ActionNames,
  options: ActionOptions,
  spec: object,
  streams: Streams,
  told: (answer: T) => string,
): Promise<number> {
  const { comment, issues, dryRun } = options;
  await using asker = new Asker(await connectToRead(options, streams), streams.signal);
  const namespace = options.namespace ?? asker.connection.namespace ?? 'default';
  if (issues.length > 1 && !options.yes && !dryRun && !(await confirmed(action, issues, namespace, streams))) {
    throw new Failure('nothing was done');
  }
  const body = { apiVersion: API_VERSION, kind, spec: { ...spec, ...(comment !== undefined && { comment }) } };
  let refused = 0;
  for (const given of issues) {
    streams.signal.throwIfAborted();
    try {
      const at = options.byId ? await issueOfId(asker, given, namespace) : { namespace, name: given };
      const answer = await post<T>(asker, at, `${action}${dryRun ? '?dryRun=All' : ''}`, body);
      // As kubectl says it.
      const line = `${ISSUE_NAMES.singular}.${GROUP}/${at.name} ${told(answer)}${dryRun ? ' (server dry run)' : ''}`;
      streams.out.write(`${oneLine(line, 1_000)}\n`);
    } catch (error) {
      // Nobody is known to ask: the others would be told the same.
      const isOfOne = error instanceof MissingIssue || (error instanceof Refusal && error.status !== 401);
      if (issues.length === 1 || !isOfOne) throw error;
      refused++;
      streams.err.write(`error: ${oneLine((error as Error).message, 1_000)}\n`);
    }
  }
  return refused === 0 ? EXIT.ok : EXIT.failure;
}

async function post<T>(
  asker: Asker,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  action: string,
  body: object,
): Promise<T> {
  try {
    return (await asker.json<T>(`${issuesPath(namespace, name)}/${action}`, { body })).body;
  } catch (error) {
    throw await explainMissing(error, asker, name, namespace);
  }
}
