import { refusal } from '../errors.ts';
import type { Item } from '../item.ts';

export const l13: Item = {
  number: 'L13',
  level: 'MUST',
  requirement: 'A resourceVersion that is no number is refused, 400 on a list and 400 or 422 on a watch.',
  breaks: 'Read as 0 it would mean "any version": clients get old objects without a word.',
  async check({ api, collection, target }) {
    refusal(await api.send(`${collection}?resourceVersion=abc`), 400);
    if (!target.verbs.includes('watch')) return;
    refusal(await api.send(`${collection}?watch=true&timeoutSeconds=1&resourceVersion=abc`), 400, 422);
  },
};
