import { REASONS } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { refusedRequests } from '../refusals.ts';

export const e2: Item = {
  number: 'E2',
  level: 'MUST',
  requirement: 'Code and reason belong together.',
  breaks: 'apierrors.IsNotFound, IsConflict and the like: controllers take the wrong branch.',
  async check(subject) {
    for (const { question, status, ...answer } of await refusedRequests(subject)) {
      const { reason = '' } = JSON.parse(answer.bytes.toString('utf8')) as { reason?: string };
      const known = REASONS[status];
      ensure(known, `${question} was refused with ${status}, which says nothing to a client`);
      ensure(
        known.includes(reason),
        `${question} is ${status} with the reason "${reason}" instead of ${known.join(' or ')}`,
      );
    }
  },
};
