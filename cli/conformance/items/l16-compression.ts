import { success } from '../errors.ts';
import { ensure, type Item, need } from '../item.ts';

const FROM_BYTES = 128 * 1024;
const GZIP = { 'accept-encoding': 'gzip' };

export const l16: Item = {
  number: 'L16',
  level: 'SHOULD',
  requirement: 'A page above 128 KiB is compressed for whoever takes gzip and says Vary; a watch never is.',
  breaks: 'Slow lines; a compressed watch holds events back.',
  async check(subject) {
    const { api, collection, target } = subject;
    if (target.verbs.includes('watch')) {
      const query = 'watch=true&timeoutSeconds=1&resourceVersion=0';
      const watch = await api.watch(`${collection}?${query}`, {
        accept: 'application/json',
        headers: GZIP,
        forMs: 10_000,
      });
      const encoding = watch.headers['content-encoding'];
      ensure(encoding === undefined, `the watch has the Content-Encoding ${encoding}`);
    }
    const list = await subject.list();
    need(list.bytes.length > FROM_BYTES, 'a page of 500 objects is shorter than 128 KiB');
    const page = success(await api.send(`${collection}?limit=500`, { headers: GZIP }));
    ensure(page.header('content-encoding') === 'gzip', `a page of ${list.bytes.length} bytes is not compressed`);
    ensure(/accept-encoding/i.test(page.header('vary')), 'Vary does not name Accept-Encoding');
  },
};
