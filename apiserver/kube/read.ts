import { setImmediate as immediately } from 'node:timers/promises';
import { indexAfter } from './cache/sorted-objects.ts';
import type { WatchCache } from './cache/watch-cache.ts';
import { encodeContinueToken } from './continue-token.ts';
import { type ListOptions, resourceVersionParameter } from './list-options.ts';
import { quoted } from './quote.ts';
import type { ReadyObject } from './ready-object.ts';
import type { ListMetadata } from './representation.ts';
import type { RequestInfo } from './request-info.ts';
import { groupResource } from './resource.ts';
import { nameKey } from './search.ts';
import { parseFieldSelector, requiredValue } from './selectors/field-selector.ts';
import { objectsPerTurn, selects, selectsWholeNamespace } from './selectors/object-selector.ts';
import { badRequest, expired, notFound } from './status.ts';

/** One page of a list: what it says of itself, and its objects in order. */
export interface Page {
  readonly metadata: ListMetadata;
  readonly objects: readonly ReadyObject[];
}

/** Reads one page with the freshness that the options ask for; `only` of these (`nameKey`), when given. Throws 400, 410, 503 and 504. */
export async function readPage(
  cache: WatchCache,
  options: ListOptions,
  only?: ReadonlySet<string> | undefined,
): Promise<Page> {
  const { resourceVersion, objects } = await readVersion(cache, options);
  const { limit, selector, page: after } = options;
  const first = after ? indexAfter(objects, after) : 0;
  const page: ReadyObject[] = [];
  const turn = objectsPerTurn(selector);
  for (let index = first; index < objects.length; index++) {
    if (index > first && (index - first) % turn === 0) await immediately();
    const object = objects[index] as ReadyObject;
    if (!selects(selector, object) || (only && !only.has(nameKey(object)))) continue;
    if (limit > 0 && page.length === limit) {
      const remaining = selectsWholeNamespace(selector) && !only ? objects.length - index : undefined;
      const last = page.at(-1) as ReadyObject;
      return { metadata: continued(resourceVersion, last, selector.namespace, remaining), objects: page };
    }
    page.push(object);
  }
  return { metadata: { resourceVersion: String(resourceVersion) }, objects: page };
}

/** One object. 404 only when it is known not to exist, however old an answer would do (E3, E4). */
export async function readObject(cache: WatchCache, info: RequestInfo): Promise<ReadyObject> {
  const { namespace, name, query } = info;
  const selected = requiredValue(parseFieldSelector(query.get('fieldSelector') ?? ''), 'metadata.name');
  if (selected !== undefined && selected !== name) {
    throw badRequest(`field selector metadata.name=${selected} does not match the requested name ${name}`);
  }
  if (/^\.{1,2}$/.test(name)) {
    throw badRequest(`Name parameter invalid: ${quoted(name)}: may not be '${name}'`);
  }
  if (name.includes('%')) throw badRequest(`Name parameter invalid: ${quoted(name)}: may not contain '%'`);
  const resourceVersion = resourceVersionParameter(query);
  if (resourceVersion !== '') {
    await cache.untilReached(resourceVersion);
    const cached = cache.get(namespace, name);
    if (cached) return cached;
  }
  await cache.untilLatest();
  const object = cache.get(namespace, name);
  if (!object) throw notFound(groupResource(cache.definition), name);
  return object;
}

interface Version {
  readonly resourceVersion: number;
  /** At least those of the selected namespace, in order. */
  readonly objects: readonly ReadyObject[];
}

/** The table of aggregated-api L9–L12: which state of the world a list shows. */
async function readVersion(cache: WatchCache, options: ListOptions): Promise<Version> {
  const { resourceVersion: asked, match, limit, selector, page } = options;
  const { namespace } = selector;
  if (page?.asOf !== undefined) throw badRequest('the continue token is of a list of the past: give its asOf too');
  if (page && page.resourceVersion !== 'present') {
    const { resourceVersion } = page;
    await cache.untilReached(resourceVersion);
    if (resourceVersion < cache.floor) {
      throw expired(TOKEN_EXPIRED, encodeContinueToken({ ...page, resourceVersion: 'present' }, namespace));
    }
    // Beyond the window the page shows the present; a watch from the list's number still makes the client converge.
    return { resourceVersion, objects: snapshotAt(cache, resourceVersion, namespace) ?? cache.list(namespace) };
  }
  if (asked === '') await cache.untilLatest();
  else await cache.untilReached(asked);
  if (asked !== '' && asked !== 0 && (match === 'Exact' || (match === '' && limit > 0))) {
    const objects = snapshotAt(cache, asked, namespace);
    if (!objects) throw expired('The resourceVersion for the provided list is too old.');
    return { resourceVersion: asked, objects };
  }
  const resourceVersion = cache.resourceVersion;
  const name = requiredValue(selector.fields, 'metadata.name');
  if (name === undefined || namespace === '') return { resourceVersion, objects: cache.list(namespace) };
  const object = cache.get(namespace, name);
  return { resourceVersion, objects: object ? [object] : [] };
}

const TOKEN_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
  'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
  'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
  'deleted between the time the first chunk was returned and now may show up in the list.';

function snapshotAt(cache: WatchCache, resourceVersion: number, namespace: string): readonly ReadyObject[] | undefined {
  if (resourceVersion === cache.resourceVersion) return cache.list(namespace);
  return cache.listAt(resourceVersion, namespace);
}

function continued(
  resourceVersion: number,
  { namespace, name }: ReadyObject,
  listed: string,
  remaining: number | undefined,
): ListMetadata {
  return {
    resourceVersion: String(resourceVersion),
    continue: encodeContinueToken({ resourceVersion, namespace, name }, listed),
    ...(remaining !== undefined && { remainingItemCount: remaining }),
  };
}
