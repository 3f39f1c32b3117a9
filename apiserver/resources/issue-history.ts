import { ISSUE_NAMES } from '../../crds/issue.ts';
import {
  ISSUE_RELATIVES_NAMES,
  type IssueRelativesStatus,
  issueRelativesStatusSchema,
} from '../../crds/issue-relatives.ts';
import {
  ISSUE_TIMELINE_NAMES,
  type IssueTimelineStatus,
  issueTimelineStatusSchema,
} from '../../crds/issue-timeline.ts';
import { GROUP } from '../../crds/names.ts';
import type { UserInfo } from '../kube/access/types.ts';
import { type AttachmentDefinition, type JsonSchema, notFound } from '../kube/index.ts';
import type { Store, StoredIssue } from '../store/store.ts';

/** What the routes of /api/v1 know of an issue that `user` may get, for these subresources too. */
export interface IssueHistoryAnswers {
  timeline(issue: StoredIssue, user: UserInfo): Promise<IssueTimelineStatus>;
  relatives(issue: StoredIssue, user: UserInfo): Promise<IssueRelativesStatus>;
}

/**
 * `GET …/issues/{name}/timeline` and `/related`: what /api/v1 answers, for whoever reaches the aggregated API alone
 * (docs/adr/0029). Also of an issue that has left the list: its past is what people ask for then.
 */
export function issueHistory(store: Pick<Store, 'issue'>, answers: IssueHistoryAnswers): AttachmentDefinition[] {
  const attachment = (
    { subresource, kind }: { readonly subresource: string; readonly kind: string },
    description: string,
    schema: typeof issueTimelineStatusSchema | typeof issueRelativesStatusSchema,
    answer: (issue: StoredIssue, user: UserInfo) => Promise<object>,
  ): AttachmentDefinition => ({
    ...{ name: subresource, kind, description },
    status: schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' }) as JsonSchema,
    async read({ namespace, name, user }) {
      const issue = await store.issue(namespace, name);
      if (!issue) throw notFound({ group: GROUP, resource: ISSUE_NAMES.plural }, name);
      const metadata = { uid: issue.uid, resourceVersion: String(issue.change) };
      return { metadata, status: await answer(issue, user) };
    },
  });
  return [
    attachment(
      ISSUE_TIMELINE_NAMES,
      'All that happened to an issue: episodes, severities, and what people did.',
      issueTimelineStatusSchema,
      answers.timeline,
    ),
    attachment(
      ISSUE_RELATIVES_NAMES,
      'What an issue comes from, what comes from it, and what people linked it with.',
      issueRelativesStatusSchema,
      answers.relatives,
    ),
  ];
}
