import { type IssueStatisticsStatus, issueStatisticsStatusSchema } from '../../crds/issue-statistics.ts';
import type { Operation } from './openapi/operation.ts';
import { statisticsQuerySchema } from './statistics-query.ts';

const none = { open: 0, opened: 0, resolved: 0 };
const example: IssueStatisticsStatus = {
  ...{ since: '2026-11-20T12:00:00Z', until: '2026-11-21T12:00:00Z', total: none },
  days: [{ day: '2026-11-21', opened: 0, resolved: 0 }],
  ...{ namespaces: [], types: [], subjects: [], mostFrequent: [] },
};

export const statisticsOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/v1/stats',
    id: 'issueStatistics',
    tag: 'Issues',
    summary: 'Count what broke, when, and how long it took',
    description:
      'Of closed episodes and of what is Active now, by the observed time, as far back as the retention (docs/history.md).',
    rights: '`list issues`',
    query: statisticsQuerySchema,
    examplePath: '/api/v1/stats?since=1d',
    answers: {
      200: {
        description: 'Each list has what is worst first.',
        body: { schema: issueStatisticsStatusSchema, example },
      },
    },
    errors: [400, 403, 503],
  },
];
