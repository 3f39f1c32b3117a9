import { ISSUE_NAMES } from '../../crds/issue.ts';
import { ISSUE_EVIDENCE_NAMES, issueEvidenceStatusSchema } from '../../crds/issue-evidence.ts';
import { GROUP } from '../../crds/names.ts';
import { type AttachmentDefinition, type JsonSchema, notFound } from '../kube/index.ts';
import { evidenceStatus } from '../store/evidence-status.ts';
import type { Store } from '../store/store.ts';

/** What showed an issue last: `GET …/issues/{name}/evidence`, for those with `get issues/evidence` (docs/adr/0009). */
export function issueEvidence(store: Pick<Store, 'issue' | 'evidence'>): AttachmentDefinition {
  const { subresource, kind } = ISSUE_EVIDENCE_NAMES;
  return {
    ...{ name: subresource, kind },
    description: 'What showed an issue last: conditions, the failing step and the end of its log.',
    status: issueEvidenceStatusSchema['~standard'].jsonSchema.input({ target: 'draft-2020-12' }) as JsonSchema,
    async read({ namespace, name }) {
      const issue = await store.issue(namespace, name);
      // What has left the list is not served here either; /api/v1 shows its history.
      if (!issue || issue.hiddenAt !== undefined) throw notFound({ group: GROUP, resource: ISSUE_NAMES.plural }, name);
      const evidence = await store.evidence(issue.id);
      if (!evidence) throw notFound({ group: GROUP, resource: `${ISSUE_NAMES.plural}/${subresource}` }, name);
      return {
        metadata: { uid: issue.uid, resourceVersion: String(issue.change) },
        status: evidenceStatus(evidence),
      };
    },
  };
}
