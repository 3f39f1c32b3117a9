import type { Answer } from './client.ts';
import { success } from './errors.ts';
import { ensure } from './item.ts';
import type { Loose } from './loose.ts';
import type { Subject } from './subject.ts';

/** So that the pages of a large collection stay few. */
const PAGES = 3;
const MOST = 20;

/** All pages of a collection, with a limit that makes about three of them. */
export async function pagesOf(subject: Subject, path: string, count: number): Promise<Loose[]> {
  const limit = Math.max(1, Math.floor(count / PAGES));
  const pages: Loose[] = [];
  let token: string | undefined;
  do {
    const next = token === undefined ? '' : `&continue=${encodeURIComponent(token)}`;
    const answer: Answer = success(await subject.api.send(`${path}?limit=${limit}${next}`));
    const page = answer.json();
    const { items } = page;
    ensure(Array.isArray(items), `${answer.question} has no items`);
    ensure(items.length <= limit, `${answer.question} has ${items.length} items`);
    pages.push(page);
    token = page.metadata?.continue || undefined;
  } while (token !== undefined && pages.length < MOST);
  return pages;
}
