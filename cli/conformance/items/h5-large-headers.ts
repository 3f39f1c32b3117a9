import { ensure, type Item } from '../item.ts';

/** About 48 KiB, as a user in 200 groups has. */
const GROUPS = Object.fromEntries(
  Array.from({ length: 200 }, (_, index) => [`x-faultline-conformance-${index}`, 'g'.repeat(210)]),
);

export const h5: Item = {
  number: 'H5',
  level: 'SHOULD',
  requirement: 'Headers of 48 KiB in 200 lines are taken.',
  breaks: 'People in many groups: the proxy sends each group as a header, and they get 431.',
  async check({ api, collection }) {
    const { status } = await api.send(`${collection}?limit=1`, { headers: GROUPS });
    ensure(status === 200, `with 200 headers of 240 bytes it answered ${status}`);
  },
};
