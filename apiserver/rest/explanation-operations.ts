import { explanationPollSchema, explanationQuestionsSchema } from '../../crds/explanation.ts';
import type { Operation } from './openapi/operation.ts';

/** `explanationRoutes` as its callers see it. */
export const explanationOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/api/v1/explanations/next',
    id: 'nextExplanations',
    tag: 'Controllers',
    summary: 'Answer what people ask about objects, and wait for the next questions',
    description:
      'A long poll of a controllers process: `answers` to the questions of the last poll go along with the next. People ' +
      'ask with `faultline explain`, which creates an `Explanation` (docs/explain.md). Whose right is for some namespaces ' +
      'only is asked about objects there.',
    rights: 'the verb `report` on `sources.faultline.dev` for every source, as for leading it',
    body: {
      schema: explanationPollSchema,
      example: {
        process: 'ci-5d8f',
        sources: [{ name: 'ci.objects', namespaces: ['*'] }],
        answers: [],
        waitSeconds: 0,
      },
    },
    answers: {
      200: {
        description: 'What is asked; empty when nobody asked in time.',
        body: { schema: explanationQuestionsSchema, example: { questions: [] } },
      },
    },
    errors: [400, 403, 413, 415, 503],
  },
];
