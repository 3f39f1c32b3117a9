import { refusal, success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';

export const l12: Item = {
  number: 'L12',
  level: 'MUST',
  requirement:
    'A list not older than the future waits a little, then answers 504 with the cause ResourceVersionTooLarge.',
  breaks: 'Reflectors do not know that they have to wait, and list in a tight loop.',
  async check({ api, collection }) {
    const { resourceVersion = '1' } = success(await api.send(`${collection}?limit=1`)).json().metadata ?? {};
    const future = BigInt(resourceVersion) + 1_000_000_000n;
    const path = `${collection}?resourceVersion=${future}&resourceVersionMatch=NotOlderThan`;
    const answer = await api.send(path);
    const { reason, details } = refusal(answer, 504);
    ensure(answer.ms < 15_000, `it took ${Math.round(answer.ms / 1_000)} s`);
    ensure(reason === 'Timeout', `the reason is ${reason}`);
    ensure(
      details?.causes?.[0]?.reason === 'ResourceVersionTooLarge',
      `the causes are ${JSON.stringify(details?.causes)}`,
    );
    ensure((details?.retryAfterSeconds ?? 0) > 0, 'details.retryAfterSeconds is missing');
  },
};
