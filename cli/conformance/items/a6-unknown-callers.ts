import { refusal } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { inventedTokens, sendAs, spoiledTokens } from '../tokens.ts';

export const a6: Item = {
  number: 'A6',
  level: 'MUST',
  requirement:
    'A token that is none, forged, also one that says it has expired, or for another server is 401, and strangers read no objects.',
  breaks: 'Data is open to the network; clients with an expired token do not renew it.',
  async check({ api, stranger, collection }) {
    const path = `${collection}?limit=1`;
    for (const { what, token } of [...inventedTokens(Date.now()), ...(await spoiledTokens(api))]) {
      const answer = await sendAs(stranger, path, token);
      ensure(answer.status === 401, `${what} is answered ${answer.status} instead of 401: ${answer.beginning}`);
      const { reason } = refusal(answer, 401);
      ensure(reason === 'Unauthorized', `the 401 for ${what} has the reason ${reason}`);
    }
    refusal(await stranger.send(path), 401, 403);
  },
};
