import { refusal } from '../errors.ts';
import { ensure, type Item } from '../item.ts';

const KNOWN = [
  'Invalid',
  'Required',
  'Forbidden',
  'NotSupported',
  'Duplicate',
  'NotFound',
  'TooLong',
  'TooMany',
  'TypeInvalid',
];

export const e6: Item = {
  number: 'E6',
  level: 'SHOULD',
  requirement: 'A 422 names each fault with field, reason and message.',
  breaks: 'Forms and editors that show an error at its field.',
  async check({ api, collection }) {
    const { details, reason } = refusal(await api.send(`${collection}?resourceVersionMatch=Exact`), 422);
    ensure(reason === 'Invalid', `the reason is ${reason}`);
    const { causes = [], kind } = details ?? {};
    ensure(kind, 'details have no kind');
    ensure(causes.length > 0, 'details have no causes');
    for (const { reason: why = '', message, field } of causes) {
      ensure(KNOWN.includes(why.replace('FieldValue', '')), `a cause has the reason ${why}`);
      ensure(message && field, 'a cause is without message or field');
    }
  },
};
