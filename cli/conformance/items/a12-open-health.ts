import { ensure, type Item } from '../item.ts';

export const a12: Item = {
  number: 'A12',
  level: 'SHOULD',
  requirement: '/healthz, /livez and /readyz need no credentials; objects, metrics and discovery do.',
  breaks: 'Probes of the kubelet; or data is open to the network.',
  async check({ stranger, collection }) {
    for (const path of ['/healthz', '/livez', '/readyz']) {
      const { status } = await stranger.send(path);
      ensure(status === 200, `${path} without credentials: ${status}`);
    }
    for (const path of [`${collection}?limit=1`, '/metrics', '/apis']) {
      const { status } = await stranger.send(path);
      ensure(status !== 200, `${path} without credentials: 200`);
    }
  },
};
