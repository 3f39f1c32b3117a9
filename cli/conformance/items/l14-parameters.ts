import { refusal, success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';

export const l14: Item = {
  number: 'L14',
  level: 'MUST',
  requirement: 'watch=0 and watch=False are lists, ?watch is a watch; a limit or timeout that is no number is 400.',
  breaks: 'Clients that send a parameter without a value, or "False" as Python does.',
  async check({ api, collection, target }) {
    for (const query of ['watch=0', 'watch=False', 'watch=false']) {
      const { kind } = success(await api.send(`${collection}?limit=1&timeoutSeconds=1&${query}`)).json();
      ensure(kind?.endsWith('List'), `?${query} answered a ${kind}`);
    }
    for (const query of ['limit=x', 'timeoutSeconds=x']) refusal(await api.send(`${collection}?${query}`), 400);
    if (!target.verbs.includes('watch')) return;
    for (const query of ['watch', 'watch=yes']) {
      const answer = success(await api.send(`${collection}?timeoutSeconds=1&resourceVersion=0&${query}`));
      ensure(!answer.text.includes('List"'), `?${query} answered a list`);
    }
  },
};
