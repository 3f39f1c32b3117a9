import Joi from 'joi';
import { DNS_LABEL } from '../../crds/names.ts';
import { list, moment, parseQuery } from './search-query.ts';

/** The query of `GET /api/v1/stats`, as it was checked. */
export interface StatisticsParameters {
  readonly namespace?: readonly string[];
  readonly type?: readonly string[];
  readonly subject?: readonly string[];
  readonly since: string;
  readonly until?: string;
  readonly limit: number;
}

export const statisticsQuerySchema = Joi.object<StatisticsParameters>({
  namespace: list(Joi.string().pattern(DNS_LABEL, 'namespace name')).description(
    'Default: all that the caller may list.',
  ),
  type: list(),
  subject: list().description('Name of the subject.'),
  since: moment().default('7d'),
  until: moment().description('As `since`. Default, and at the latest: now.'),
  limit: Joi.number().integer().min(1).max(100).default(10).description('Rows of each list.'),
});

/** Throws 400 with every fault. */
export function parseStatistics(query: Parameters<typeof parseQuery>[1]): StatisticsParameters {
  return parseQuery(statisticsQuerySchema, query);
}
