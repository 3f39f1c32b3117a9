import { refusal, success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';

const ILLEGAL = [
  'resourceVersionMatch=Exact',
  'resourceVersionMatch=NotOlderThan',
  'resourceVersion=0&resourceVersionMatch=Exact',
  'resourceVersion=1&resourceVersionMatch=Near',
  'resourceVersion=1&resourceVersionMatch=NotOlderThan&continue=x',
  'sendInitialEvents=true',
];

export const l11: Item = {
  number: 'L11',
  level: 'MUST',
  requirement:
    'resourceVersion and resourceVersionMatch are kept as upstream keeps them; combinations without sense are 422.',
  breaks: 'Informers that believe to have read something newer than they have.',
  async check(subject) {
    const { api, collection } = subject;
    const { resourceVersion = '' } = success(await api.send(`${collection}?limit=1`)).json().metadata ?? {};
    for (const query of ['resourceVersion=0', `resourceVersion=${resourceVersion}&resourceVersionMatch=NotOlderThan`]) {
      const answer = success(await api.send(`${collection}?limit=1&${query}`));
      const served = answer.json().metadata?.resourceVersion ?? '';
      const old = query !== 'resourceVersion=0' && BigInt(served || 0) < BigInt(resourceVersion || 0);
      ensure(!old, `${answer.question} answered at ${served}`);
    }
    for (const query of ILLEGAL) {
      const status = refusal(await api.send(`${collection}?${query}`), 422);
      ensure(status.reason === 'Invalid', `?${query} has the reason ${status.reason}`);
      ensure(status.details?.kind === 'ListOptions', `?${query} has details of ${status.details?.kind}`);
    }
  },
};
