import { ISSUE_NAMES } from '../../crds/issue.ts';
import { ISSUE_ACKNOWLEDGEMENT_NAMES, type IssueAcknowledgement } from '../../crds/issue-acknowledgement.ts';
import { ISSUE_ASSIGNMENT_NAMES, type IssueAssignment } from '../../crds/issue-assignment.ts';
import { ISSUE_COMMENT_NAMES, type IssueComment } from '../../crds/issue-comment.ts';
import { ISSUE_DUE_DATE_NAMES, type IssueDueDate } from '../../crds/issue-due-date.ts';
import { ISSUE_RESOLUTION_NAMES, type IssueResolution } from '../../crds/issue-resolution.ts';
import { ISSUE_SNOOZE_NAMES, type IssueSnooze } from '../../crds/issue-snooze.ts';
import { API_VERSION, GROUP } from '../../crds/names.ts';
import { oneLine } from '../../crds/text.ts';
import { connectCluster } from '../cluster/connection.ts';
import type { ActionOptions } from '../commands/action.ts';
import type { AssignOptions } from '../commands/assign.ts';
import type { DueOptions } from '../commands/due.ts';
import type { SnoozeOptions } from '../commands/snooze.ts';
import { EXIT } from '../exit.ts';
import type { Streams } from '../streams.ts';
import { postJson } from './post-json.ts';

/** `faultline resolve`: answers the exit code. Throws a Failure of one line with what the server said. */
export async function runResolve(options: ActionOptions, streams: Streams): Promise<number> {
  const { status } = await act<IssueResolution>(ISSUE_RESOLUTION_NAMES, options, {}, streams);
  const { resolvedReason = 'Manual' } = status ?? {};
  // It was over already: the person is told that it was not they.
  const before = resolvedReason === 'Manual' ? '' : ` before: ${resolvedReason}`;
  return told(`resolved${before}`, options, streams);
}

export async function runAcknowledge(options: ActionOptions, streams: Streams): Promise<number> {
  await act<IssueAcknowledgement>(ISSUE_ACKNOWLEDGEMENT_NAMES, options, {}, streams);
  return told('acknowledged', options, streams);
}

export async function runSnooze(options: SnoozeOptions, streams: Streams): Promise<number> {
  const { duration, until } = options;
  const spec = { ...(duration !== undefined && { duration }), ...(until !== undefined && { until }) };
  const { status } = await act<IssueSnooze>(ISSUE_SNOOZE_NAMES, options, spec, streams);
  return told(`snoozed until ${status?.snoozedUntil}`, options, streams);
}

export async function runAssign(options: AssignOptions, streams: Streams): Promise<number> {
  const { assignee, unassign } = options;
  const spec = { ...(assignee !== undefined && { assignee }), ...(unassign && { unassign }) };
  const { status } = await act<IssueAssignment>(ISSUE_ASSIGNMENT_NAMES, options, spec, streams);
  return told(
    status?.assignee === undefined ? 'assigned to nobody' : `assigned to ${status.assignee}`,
    options,
    streams,
  );
}

export async function runDue(options: DueOptions, streams: Streams): Promise<number> {
  const { at, in: duration, clear } = options;
  const spec = {
    ...(at !== undefined && { at }),
    ...(duration !== undefined && { in: duration }),
    ...(clear && { clear }),
  };
  const { status } = await act<IssueDueDate>(ISSUE_DUE_DATE_NAMES, options, spec, streams);
  return told(status?.due === undefined ? 'has no due date' : `due ${status.due.at}`, options, streams);
}

export async function runComment(options: ActionOptions, streams: Streams): Promise<number> {
  await act<IssueComment>(ISSUE_COMMENT_NAMES, options, {}, streams);
  return told('commented', options, streams);
}

async function act<T>(
  { kind, action }: { readonly kind: string; readonly action: string },
  options: ActionOptions,
  spec: object,
  streams: Streams,
): Promise<T> {
  const { kubeconfig, context, comment, issue, dryRun } = options;
  const connection = await connectCluster({ kubeconfig, context }, streams);
  const namespace = options.namespace ?? connection.namespace ?? 'default';
  const path = `/apis/${API_VERSION}/namespaces/${namespace}/${ISSUE_NAMES.plural}/${issue}/${action}`;
  const body = { apiVersion: API_VERSION, kind, spec: { ...spec, ...(comment !== undefined && { comment }) } };
  return (await postJson(connection, `${path}${dryRun ? '?dryRun=All' : ''}`, body, streams.signal)) as T;
}

/** As kubectl says it. */
function told(what: string, { issue, dryRun }: ActionOptions, { out }: Streams): number {
  const line = `${ISSUE_NAMES.singular}.${GROUP}/${issue} ${what}${dryRun ? ' (server dry run)' : ''}`;
  out.write(`${oneLine(line, 1_000)}\n`);
  return EXIT.ok;
}
