import { parseDuration } from '../../crds/duration.ts';
import type { KubernetesObject } from '../../crds/meta.ts';
import { formatTime, parseTime } from '../../crds/time.ts';
import { encodeContinueToken } from './continue-token.ts';
import type { ListOptions } from './list-options.ts';
import { MOST, readPastObjects } from './past-page.ts';
import { quoted } from './quote.ts';
import type { Page } from './read.ts';
import { type ReadyObject, readyObject } from './ready-object.ts';
import type { RequestInfo } from './request-info.ts';
import { groupResource, type ResourceDefinition } from './resource.ts';
import { requiredValue } from './selectors/field-selector.ts';
import { selects, selectsWholeNamespace } from './selectors/object-selector.ts';
import { ApiError, badRequest, notFound } from './status.ts';

/**
 * How the objects of a resource were: `?asOf=` on get and list. Any resource may have one beside its source; without
 * it `asOf` is 400.
 */
export interface PastSource<T extends KubernetesObject = KubernetesObject> {
  /** ms: how far back it answers; anything older is 410. */
  readonly reach: number;
  /**
   * The objects that were to be seen right before `before` (ms since 1970), ascending by namespace and name in the order
   * of code points, at most `limit`; fewer are the end. '' is every namespace.
   */
  list(query: {
    readonly before: number;
    readonly namespace: string;
    readonly name?: string | undefined;
    readonly after?: { readonly namespace: string; readonly name: string } | undefined;
    readonly limit: number;
  }): Promise<readonly T[]>;
}

/** A moment that somebody asks about. */
export interface Moment {
  /** ms since 1970, exclusive: times of objects are whole seconds, so a moment without a fraction is the end of its second. */
  readonly before: number;
  /** RFC 3339, for people. */
  readonly text: string;
}

const HOUR = 3_600_000;

/** Whether the past is asked for; throws 400 where that has no answer. */
export function asksForPast(definition: ResourceDefinition, { verb, path, query }: RequestInfo): boolean {
  if (!query.has('asOf')) return false;
  if (!definition.past) throw badRequest(`asOf: the history of ${definition.plural} is not kept`);
  if (verb === 'watch') throw badRequest('asOf is not allowed with watch: the past does not change');
  if (path.includes('\0')) throw badRequest('asOf: no namespace and no name has the character NUL');
  if (!['', '0'].includes(query.get('resourceVersion') ?? '')) {
    throw badRequest('asOf and resourceVersion name two moments: give one of them');
  }
  return true;
}

/** Throws 400 for what is no moment of the past, 410 for one beyond `reach`. Both in ms. */
export function parseMoment(text: string, now: number, reach: number): Moment {
  const before = time(text) ?? ago(text, now);
  if (before === undefined || !Number.isFinite(before)) {
    throw badRequest(
      `asOf: ${quoted(text)} is neither an RFC 3339 time such as 2026-11-21T03:00:00Z nor a duration such as 2h`,
    );
  }
  // The rest of the running second is no future.
  if (before > now + 1_000) throw badRequest(`asOf: ${quoted(text)} is in the future; now is ${formatTime(now)}`);
  return moment(before, now, reach);
}

/** Header that says that an answer is not the present (RFC 7234 "Warning"; kubectl prints it). */
export function pastHeaders({ plural }: ResourceDefinition, { text }: Moment): Record<string, string> {
  return { Warning: `299 - "${plural} as of ${text}, by what is known now"` };
}

/** A page of a list of the past; one that is longer than `MOST` goes on with `continue`, asked for or not. */
export async function readPastPage(
  definition: ResourceDefinition,
  options: ListOptions,
  { asOf, now, resourceVersion, signal }: { asOf: string; now: number; resourceVersion: number; signal: AbortSignal },
): Promise<{ page: Page; moment: Moment }> {
  const past = definition.past as PastSource;
  const { selector, page: token } = options;
  const { namespace } = selector;
  const when = momentOfPage(asOf, options, now, past.reach);
  const { before } = when;
  const name = requiredValue(selector.fields, 'metadata.name');
  if (name?.includes('\0')) throw badRequest('fieldSelector: no name has the character NUL');
  const { found, next } = await readPastObjects({
    read: async (after, limit) =>
      (await past.list({ before, namespace, name, after, limit })).map((object) => readyObject(definition, object)),
    after: token,
    limit: options.limit === 0 ? MOST : Math.min(options.limit, MOST),
    select: (object) => (selects(selector, object) ? object : undefined),
    everyOne: selectsWholeNamespace(selector),
    signal,
  });
  const more = next && encodeContinueToken({ ...next, resourceVersion, asOf: before }, namespace);
  const metadata = { resourceVersion: String(resourceVersion), ...(more !== undefined && { continue: more }) };
  return { moment: when, page: { metadata, objects: found } };
}

export async function readPastObject(
  definition: ResourceDefinition,
  { namespace, name, query }: RequestInfo,
  now: number,
): Promise<{ object: ReadyObject; moment: Moment }> {
  const past = definition.past as PastSource;
  const when = parseMoment(query.get('asOf') ?? '', now, past.reach);
  const [found] = await past.list({ before: when.before, namespace, name, limit: 1 });
  if (!found) throw notFound(groupResource(definition), name);
  return { object: readyObject(definition, found), moment: when };
}

/** All pages of a list are of one moment: that of the first, also when it was given as a time ago. */
function momentOfPage(asOf: string, { page }: ListOptions, now: number, reach: number): Moment {
  if (!page) return parseMoment(asOf, now, reach);
  if (page.asOf === undefined) throw badRequest('the continue token is of a list of the present: leave out asOf');
  const given = time(asOf);
  if (given !== undefined && given !== page.asOf) {
    throw badRequest('the continue token is of a list of another moment: begin without it');
  }
  if (given === undefined) parseMoment(asOf, now, Number.POSITIVE_INFINITY);
  return moment(page.asOf, now, reach);
}

function moment(before: number, now: number, reach: number): Moment {
  if (before < now - reach) {
    const message = `asOf: history is kept for ${Math.round(reach / HOUR)} h, since ${formatTime(now - reach)}`;
    throw new ApiError('Expired', message);
  }
  return { before, text: formatTime(before - 1) };
}

/** The end, exclusive, of what an RFC 3339 time names: a second, or a millisecond when it has a fraction. */
function time(text: string): number | undefined {
  const ms = parseTime(text);
  return ms === undefined ? undefined : ms + (text.includes('.') ? 1 : 1_000);
}

function ago(text: string, now: number): number | undefined {
  try {
    return now - parseDuration(text);
  } catch {
    return undefined;
  }
}
