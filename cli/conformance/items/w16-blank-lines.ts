import { ensure, type Item } from '../item.ts';
import { NOTHING, watchCollection } from '../watching.ts';

export const w16: Item = {
  number: 'W16',
  level: 'SHOULD',
  requirement: 'A watch keeps its connection alive by bookmarks, never by blank lines.',
  breaks: 'Clients that parse every line as JSON.',
  async check(subject) {
    const { lines, status } = await watchCollection(subject, `${NOTHING}&allowWatchBookmarks=true&resourceVersion=0`, {
      seconds: 3,
    });
    ensure(status === 200, `the watch answered ${status}`);
    ensure(
      lines.every(({ raw }) => raw.trim() !== ''),
      'it sent a blank line',
    );
  },
};
