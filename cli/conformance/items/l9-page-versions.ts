import { ensure, type Item } from '../item.ts';
import { pagesOf } from '../pages.ts';

export const l9: Item = {
  number: 'L9',
  level: 'MUST',
  requirement: 'All pages of one list have the resourceVersion of the first.',
  breaks: "Changes between pages are lost: reflectors watch from the first page's, Argo CD from the last one's.",
  async check(subject) {
    const { path, objects } = await subject.scope();
    const pages = await pagesOf(subject, path, objects.length);
    const versions = new Set(pages.map(({ metadata }) => metadata?.resourceVersion));
    ensure(pages.length > 1, 'everything came on one page');
    ensure(versions.size === 1, `the pages have the resourceVersions ${[...versions].join(', ')}`);
  },
};
