import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';

export const l3: Item = {
  number: 'L3',
  level: 'COULD',
  requirement: 'A list is YAML for whoever asks for it.',
  breaks: 'Nothing: kubectl makes YAML from JSON itself.',
  async check({ api, collection }) {
    const answer = success(await api.send(`${collection}?limit=1`, { headers: { accept: 'application/yaml' } }));
    ensure(answer.mediaType === 'application/yaml', `it is ${answer.mediaType}`);
  },
};
