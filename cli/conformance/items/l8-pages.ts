import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { pagesOf } from '../pages.ts';
import { keysOf, settled } from '../subject.ts';

export const l8: Item = {
  number: 'L8',
  level: 'MUST',
  requirement:
    'limit and continue give pages that together are the list; the token fits in a URL; the last page has none.',
  breaks: 'kubectl and every informer, which ask for 500 at a time.',
  async check(subject) {
    const { path, objects } = await subject.scope();
    await settled(async () => {
      const pages = await pagesOf(subject, path, objects.length);
      ensure(pages.length > 1, `with a limit below ${objects.length} everything came on one page`);
      for (const { metadata } of pages.slice(0, -1)) {
        ensure(
          /^[A-Za-z0-9_=-]+$/.test(metadata?.continue ?? ''),
          `the token is "${metadata?.continue}", not base64url`,
        );
      }
      ensure(!pages.at(-1)?.metadata?.continue, 'after 20 pages there is still a token');
      const whole = success(await subject.api.send(path)).json().items;
      const union = pages.flatMap(({ items }) => items ?? []);
      if (keysOf(union) !== keysOf(whole)) return `the pages hold ${union.length} objects, the list ${whole?.length}`;
      const [first] = pages;
      const { remainingItemCount: rest } = first?.metadata ?? {};
      const more = union.length - (first?.items?.length ?? 0);
      return rest === undefined || rest === more ? undefined : `remainingItemCount is ${rest}, and ${more} followed`;
    });
    const one = await subject.api.send(`${path}?limit=1&labelSelector=!nobodyHasThis`);
    const { remainingItemCount } = success(one).json().metadata ?? {};
    ensure(remainingItemCount === undefined, 'remainingItemCount is there with a selector too');
  },
};
