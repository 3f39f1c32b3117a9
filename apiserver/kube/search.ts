import type { RequestInfo } from './request-info.ts';
import type { ResourceDefinition } from './resource.ts';
import { badRequest } from './status.ts';

/**
 * Which objects of the visible set have a text: `?search=` on list. '' is every namespace. All of them, since every page asks
 * again; undefined: too many to say.
 */
export type TextSearch = (
  text: string,
  namespace: string,
) => Promise<readonly { readonly namespace: string; readonly name: string }[] | undefined>;

/** The objects that a list is narrowed to, by `nameKey`; undefined when nobody asks. Throws 400 where there is no answer. */
export async function searched(
  { plural, search }: ResourceDefinition,
  { verb, query, namespace }: RequestInfo,
): Promise<ReadonlySet<string> | undefined> {
  const text = query.get('search');
  if (text === null) return undefined;
  if (!search) throw badRequest(`search: ${plural} are not searched by text`);
  if (verb === 'watch') throw badRequest('search is not allowed with watch: use label and field selectors');
  if (query.has('asOf')) throw badRequest('search is not allowed with asOf: only the present is indexed');
  if (text.trim() === '' || text.length > MOST) throw badRequest(`search: give 1 to ${MOST} characters`);
  // The database has no NUL, neither in texts nor in names.
  if (`${text}${namespace}`.includes('\0')) throw badRequest('search: leave out the character NUL');
  const found = await search(text, namespace);
  if (!found) throw badRequest(`search: too many ${plural} match: narrow it by more words or to a namespace`);
  return new Set(found.map(nameKey));
}

export function nameKey({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

const MOST = 500;
