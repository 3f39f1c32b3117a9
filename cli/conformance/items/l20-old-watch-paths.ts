import { ensure, type Item, need } from '../item.ts';
import { groupVersionPath } from '../target.ts';

export const l20: Item = {
  number: 'L20',
  level: 'COULD',
  requirement: 'The old paths /apis/<group>/<version>/watch/… are a Status 404.',
  breaks: 'Nothing: no client has used them for years.',
  async check({ api, target }) {
    const answer = await api.send(`${groupVersionPath(target)}/watch/${target.plural}?timeoutSeconds=1`);
    need(answer.status !== 200, 'the old paths are served');
    ensure(answer.status === 404 && answer.json().kind === 'Status', `${answer.question} answered ${answer.status}`);
  },
};
