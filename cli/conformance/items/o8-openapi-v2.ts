import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import type { OpenApiDocument } from '../openapi.ts';

export const o8: Item = {
  number: 'O8',
  level: 'MUST',
  requirement: '/openapi/v2 is Swagger 2.0 as JSON.',
  breaks: 'The aggregator asks every minute and logs an error each time; old kubectl refuses to validate.',
  async check({ api }) {
    const answer = success(await api.send('/openapi/v2', { headers: { accept: 'application/json' } }));
    const { swagger, paths } = answer.json<OpenApiDocument>();
    ensure(swagger === '2.0', `swagger is ${swagger}, not 2.0`);
    ensure(typeof paths === 'object', 'it has no paths');
  },
};
