import Joi from 'joi';
import type { Counts } from '../store/statistics.ts';
import type { Operation } from './openapi/operation.ts';
import type { StatisticsAnswer } from './statistics.ts';
import { statisticsQuerySchema } from './statistics-query.ts';

const number = Joi.number().integer().min(0);
const counts = {
  open: number.required().description('Active now.'),
  opened: number.required().description('Episodes that began.'),
  resolved: number.required().description('Episodes that ended.'),
  meanSecondsToResolve: number.description('Of those that ended; absent when none did.'),
} satisfies Record<keyof Counts, Joi.Schema>;
const text = Joi.string().required();
const subject = { namespace: text, kind: text, subject: text };

const statisticsAnswerSchema = Joi.object<StatisticsAnswer>({
  since: text,
  until: text,
  total: Joi.object(counts).required(),
  days: Joi.array()
    .items(Joi.object({ day: text, opened: number.required(), resolved: number.required() }))
    .required()
    .description('Of UTC, oldest first.'),
  namespaces: Joi.array()
    .items(Joi.object({ namespace: text, ...counts }))
    .required(),
  types: Joi.array()
    .items(Joi.object({ type: text, ...counts }))
    .required(),
  subjects: Joi.array()
    .items(Joi.object({ ...subject, ...counts }))
    .required(),
  mostFrequent: Joi.array()
    .items(Joi.object({ ...subject, name: text, title: text, type: text, episodes: number.required() }))
    .required(),
});

const none = { open: 0, opened: 0, resolved: 0 };
const example: StatisticsAnswer = {
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
      200: { description: 'Each list has what is worst first.', body: { schema: statisticsAnswerSchema, example } },
    },
    errors: [400, 403, 503],
  },
];
