import { parseDuration } from '../../../crds/duration.ts';
import { API_VERSION } from '../../../crds/names.ts';
import { Failure } from '../../exit.ts';
import type { Asker } from '../../reading/ask.ts';
import { issuesPath } from '../../reading/issues.ts';
import type { Act } from '../state/state.ts';

/** What is POSTed; a test compares them with those of the crds room, whose schemas nobody needs here. */
export const ACT_KINDS: Readonly<Record<Act, string>> = {
  resolve: 'IssueResolution',
  acknowledge: 'IssueAcknowledgement',
  snooze: 'IssueSnooze',
};

/** POSTs the action to its subresource, as the user. Answers what became of it. */
export async function performAct(asker: Asker, act: Act, key: string, text: string): Promise<string> {
  const slash = key.indexOf('/');
  const path = `${issuesPath(key.slice(0, slash), key.slice(slash + 1))}/${act}`;
  const body = { apiVersion: API_VERSION, kind: ACT_KINDS[act], spec: specOf(act, text) };
  const { body: answered } = await asker.json<{ status?: Record<string, unknown> }>(path, { body });
  const { resolvedReason, snoozedUntil } = answered.status ?? {};
  switch (act) {
    case 'resolve':
      return resolvedReason === undefined || resolvedReason === 'Manual'
        ? 'resolved'
        : `was over before: ${resolvedReason}`;
    case 'acknowledge':
      return 'acknowledged';
    case 'snooze':
      return `snoozed until ${snoozedUntil}`;
    default:
      return act satisfies never;
  }
}

/** Of a snooze the first word is how long. Throws a Failure that says so. */
export function specOf(act: Act, text: string): Readonly<Record<string, string>> {
  if (act !== 'snooze') return text === '' ? {} : { comment: text };
  const [, duration = '', comment = ''] = /^(\S*)\s*(.*)$/s.exec(text) ?? [];
  try {
    parseDuration(duration);
  } catch {
    throw new Failure(`say how long first, then why: for example "2h waiting for the rollout", not "${text}"`);
  }
  return { duration, ...(comment !== '' && { comment }) };
}
