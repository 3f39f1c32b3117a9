import { refusal } from '../errors.ts';
import { ensure, type Item } from '../item.ts';

export const a6: Item = {
  number: 'A6',
  level: 'MUST',
  requirement: 'A token that is none is 401, and nobody without credentials reads objects.',
  breaks: 'Data is open to the network; clients with an expired token do not renew it.',
  async check({ stranger, collection }) {
    const path = `${collection}?limit=1`;
    const wrong = refusal(
      await stranger.send(path, { headers: { authorization: 'Bearer faultline-conformance' } }),
      401,
    );
    ensure(wrong.reason === 'Unauthorized', `the 401 has the reason ${wrong.reason}`);
    refusal(await stranger.send(path), 401, 403);
  },
};
