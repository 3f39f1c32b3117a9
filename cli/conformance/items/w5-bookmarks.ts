import { ensure, type Item } from '../item.ts';
import { apiVersionOf } from '../target.ts';
import { watchCollection } from '../watching.ts';

export const w5: Item = {
  number: 'W5',
  level: 'MUST',
  requirement: 'Bookmarks come to whoever asks, before the watch ends, with the watched kind and a current version.',
  breaks: 'Informers of quiet resources fall out of the history and list everything again.',
  async check(subject) {
    const { target } = subject;
    // From a version on, built-in resources leave out bookmarks that would say nothing new.
    const [asked, unasked] = await Promise.all([
      watchCollection(subject, 'allowWatchBookmarks=true&resourceVersion=0', { seconds: 4 }),
      watchCollection(subject, 'resourceVersion=0', { seconds: 4 }),
    ]);
    ensure(unasked.bookmarks.length === 0, 'bookmarks came without being asked for');
    ensure(asked.bookmarks.length > 0, 'no bookmark came before the end of the watch');
    let last = 0n;
    for (const { type, object } of asked.events) {
      const now = BigInt(object.metadata?.resourceVersion || 0);
      if (type === 'BOOKMARK') {
        const kind = `${object.apiVersion} ${object.kind}`;
        ensure(kind === `${apiVersionOf(target)} ${target.kind}`, `a bookmark is a ${kind}: reflectors ignore it`);
        ensure(now > 0n && now >= last, `a bookmark goes back from ${last} to ${now}`);
      }
      if (now > last) last = now;
    }
    const marked = asked.bookmarks.slice(1).find(({ object }) => object.metadata?.annotations);
    ensure(!marked, 'a bookmark after the first has annotations');
  },
};
