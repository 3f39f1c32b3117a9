import {
  ISSUE_STATISTICS_NAMES,
  type IssueStatistics,
  type IssueStatisticsSpec,
  type IssueStatisticsStatus,
  issueStatisticsSpecSchema,
  issueStatisticsStatusSchema,
} from '../../crds/issue-statistics.ts';
import { API_VERSION, GROUP, VERSION } from '../../crds/names.ts';
import type { UserInfo } from '../kube/access/types.ts';
import type { CreateRequest, JsonSchema, ResourceDefinition } from '../kube/index.ts';
import { checkedSpec } from './checked-spec.ts';

/** A spec with its defaults. */
export type CheckedStatisticsSpec = IssueStatisticsSpec & Required<Pick<IssueStatisticsSpec, 'since' | 'limit'>>;

/** Counts what `user` may list; throws ApiError for what cannot be answered. */
export type AnswerStatistics = (spec: CheckedStatisticsSpec, user: UserInfo) => Promise<IssueStatisticsStatus>;

/**
 * The resource `issuestatistics`: create only and without a namespace, like a SelfSubjectAccessReview: whoever asks is
 * answered about what they may list (docs/adr/0029).
 */
export function issueStatisticsResource(answer: AnswerStatistics): ResourceDefinition {
  return {
    ...ISSUE_STATISTICS_NAMES,
    group: GROUP,
    version: VERSION,
    namespaced: false,
    description: 'How much broke, when, and how long it took, of what you may list. It is not kept.',
    schema: { spec: schemaOf(issueStatisticsSpecSchema), status: schemaOf(issueStatisticsStatusSchema) },
    columns: [
      {
        name: 'Name',
        type: 'string',
        format: 'name',
        description: 'As it was given.',
        cell: ({ metadata }) => metadata.name,
      },
    ],
    selectableFields: [],
    fields: () => ({}),
    create: (request) => create(answer, request),
    readOnlyMessage: 'issuestatistics can be created only: they are answered at once and not kept',
  };
}

async function create(answer: AnswerStatistics, { object, user }: CreateRequest): Promise<IssueStatistics> {
  const { metadata = {} } = object as { metadata?: { name?: string } };
  const about = { group: GROUP, kind: ISSUE_STATISTICS_NAMES.kind, name: metadata.name ?? '' };
  const spec = checkedSpec(issueStatisticsSpecSchema, object.spec, about) as CheckedStatisticsSpec;
  return { apiVersion: API_VERSION, kind: 'IssueStatistics', metadata, spec, status: await answer(spec, user) };
}

function schemaOf(schema: typeof issueStatisticsSpecSchema | typeof issueStatisticsStatusSchema): JsonSchema {
  return schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' }) as JsonSchema;
}
