import Joi from 'joi';
import { type IssueEvidenceStatus, issueEvidenceStatusSchema } from '../../crds/issue-evidence.ts';
import { UUID } from '../../crds/names.ts';
import { REFERENCE } from './issue-operations.ts';
import type { Operation } from './openapi/operation.ts';
import { EVIDENCE_EXAMPLE } from './report-operations.ts';

/** `evidenceRoutes` as their callers see them. */
export const evidenceOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/v1/issues/{id}/evidence',
    id: 'getEvidence',
    tag: 'Issues',
    summary: 'What showed an issue last: conditions, the failing step, the end of its log',
    description:
      'Also of an issue that has left the list. `id` is that of `/related`, `/timeline` and `GET /api/v1/issues`. For a name ' +
      '`/apis/faultline.dev/v1alpha1/namespaces/{namespace}/issues/{name}/evidence` answers the same.',
    rights: '`get issues` and `get issues/evidence` in the namespace of the issue',
    params: Joi.object({ id: Joi.string().pattern(UUID).required() }),
    examplePath: `/api/v1/issues/${REFERENCE.id}/evidence`,
    answers: {
      200: {
        description: 'The evidence, masked and cut as it is stored.',
        body: {
          schema: issueEvidenceStatusSchema,
          example: { recordedAt: '2026-11-21T09:30:00Z', ...EVIDENCE_EXAMPLE } satisfies IssueEvidenceStatus,
        },
      },
    },
    errors: [400, 403, 404, 503],
  },
];
