import { refusal } from '../errors.ts';
import { ensure, type Item } from '../item.ts';

export const f3: Item = {
  number: 'F3',
  level: 'MUST',
  requirement: 'A field that cannot be selected by is 400.',
  breaks: 'Ignored, the client gets everything, and believes that it matches.',
  async check({ api, collection, target }) {
    const query = 'fieldSelector=spec.nobodyHasThis%3Dx';
    const { message } = refusal(await api.send(`${collection}?${query}`), 400);
    ensure(message?.includes('spec.nobodyHasThis'), `the message does not name the field: ${message}`);
    if (target.verbs.includes('watch'))
      refusal(await api.send(`${collection}?watch=true&timeoutSeconds=1&${query}`), 400);
  },
};
