import Joi from 'joi';
import type { Operation } from './openapi/operation.ts';
import type { SearchAnswer } from './search.ts';
import { searchQuerySchema } from './search-query.ts';

export const searchAnswerSchema = Joi.object<SearchAnswer>({
  items: Joi.array()
    .items(
      Joi.object({
        issue: Joi.object().unknown().required().description('As the Kubernetes API serves it.'),
        score: Joi.number().description('Comparable within one search.'),
        snippet: Joi.string()
          .allow('')
          .description('Plain text with the words that matched between `**`. Escape it before it is shown as HTML.'),
      }),
    )
    .required(),
  match: Joi.string()
    .valid('words', 'similar')
    .required()
    .description('`similar`: nothing had these words, so what looks like them is given.'),
  next: Joi.string().description('`cursor` of the next page; absent on the last.'),
  ranked: Joi.number().integer().description('More matched than were ranked: only so many of the newest were.'),
});

export const searchOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/v1/search',
    id: 'searchIssues',
    tag: 'Issues',
    summary: 'Find issues by words and by what they are',
    description:
      'Among all that are stored, also those that lists no longer show (docs/search.md). What was written a moment ago is found after about a second. 404: the feature TextSearch is off.',
    rights: '`list issues`; for `evidence=true` also `get issues/evidence`',
    query: searchQuerySchema,
    examplePath: '/api/v1/search?q=tests+failed&state=Active&sort=-lastSeenAt',
    answers: {
      200: {
        description: 'A page.',
        body: { schema: searchAnswerSchema, example: { items: [], match: 'words' } satisfies SearchAnswer },
      },
    },
    errors: [400, 403, 404, 503],
  },
];
