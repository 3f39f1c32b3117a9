import { ensure, type Item } from '../item.ts';
import { apiVersionOf } from '../target.ts';
import { currentVersion, NOTHING, watchCollection } from '../watching.ts';

export const w5: Item = {
  number: 'W5',
  level: 'MUST',
  requirement: 'Bookmarks come to whoever asks, before the watch ends, with the watched kind and a current version.',
  breaks: 'Informers of quiet resources fall out of the history and list everything again.',
  async check(subject) {
    const { target } = subject;
    const version = await currentVersion(subject);
    const [asked, unasked] = await Promise.all([
      watchCollection(subject, `${NOTHING}&allowWatchBookmarks=true&resourceVersion=${version}`, { seconds: 4 }),
      watchCollection(subject, `${NOTHING}&resourceVersion=${version}`, { seconds: 4 }),
    ]);
    ensure(unasked.bookmarks.length === 0, 'bookmarks came without being asked for');
    ensure(asked.bookmarks.length > 0, 'no bookmark came before the end of the watch');
    let last = BigInt(version);
    for (const { object } of asked.bookmarks) {
      const kind = `${object.apiVersion} ${object.kind}`;
      ensure(kind === `${apiVersionOf(target)} ${target.kind}`, `a bookmark is a ${kind}: reflectors ignore it`);
      const now = BigInt(object.metadata?.resourceVersion || 0);
      ensure(now >= last, `a bookmark goes back from ${last} to ${now}`);
      last = now;
      ensure(!object.metadata?.annotations, 'a bookmark that ends no list has annotations');
    }
  },
};
