import type { Answer } from './answer.ts';
import { ByteChunks } from './byte-chunks.ts';
import { WatchCache, type WatchCacheOptions } from './cache/watch-cache.ts';
import { parseListOptions } from './list-options.ts';
import { negotiate, representationOf } from './negotiate.ts';
import { asksForPast, pastHeaders, readPastObject, readPastPage } from './past.ts';
import { type Page, readObject, readPage } from './read.ts';
import type { ReadyObject } from './ready-object.ts';
import { itemBytes, LIST_TAIL, listHead, type Representation, writeItem, writeSingle } from './representation.ts';
import type { RequestInfo } from './request-info.ts';
import { groupResource, type ResourceDefinition } from './resource.ts';
import { searched } from './search.ts';
import { SendBuffers } from './send-buffers.ts';
import type { ChangeSource } from './source.ts';
import { methodNotAllowed } from './status.ts';
import { FrameEncoder } from './watch/frames.ts';
import { Watcher, type WatcherOptions } from './watch/watcher.ts';
import { inYaml, YAML, yamlPage } from './yaml.ts';

/** A resource with everything that reading it takes: its cache, and the lines that its watchers share. */
export class ServedResource implements AsyncDisposable {
  readonly definition: ResourceDefinition;
  readonly cache: WatchCache | undefined;
  readonly #encoder: FrameEncoder;
  readonly #buffers = new SendBuffers();
  readonly #watching: WatcherOptions;

  constructor(definition: ResourceDefinition, watching: WatcherOptions, cache: WatchCacheOptions) {
    this.definition = definition;
    this.cache = definition.source && new WatchCache(definition, definition.source as ChangeSource, cache);
    this.#encoder = new FrameEncoder(definition, watching.now);
    this.#watching = watching;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cache?.[Symbol.asyncDispose]();
  }

  async get(info: RequestInfo, accept: string | undefined): Promise<Answer> {
    const negotiated = negotiate(accept, 'get', info.query);
    const { object, now, headers } = await this.#object(info);
    const representation = representationOf(negotiated);
    const chunks = new ByteChunks(this.#buffers);
    writeSingle(chunks, this.definition, representation, object, { now, headers: true });
    chunks.text('\n');
    const answer = { status: 200, body: chunks.takeAll(), buffers: this.#buffers, ...headers };
    return negotiated.mediaType === 'application/yaml' ? inYaml(answer) : answer;
  }

  /** `signal` fires when the client is gone. */
  async list(info: RequestInfo, accept: string | undefined, signal: AbortSignal): Promise<Answer> {
    const negotiated = negotiate(accept, 'list', info.query);
    const { page, now, headers } = await this.#page(info, signal);
    const representation = representationOf(negotiated);
    const chunks = new ByteChunks(this.#buffers);
    const approximateBytes = page.objects.reduce((sum, object) => sum + itemBytes(representation, object), 0);
    if (negotiated.mediaType === 'application/yaml') {
      const body = yamlPage(this.definition, representation, page, now);
      return { status: 200, headers: { ...headers?.headers, ...YAML }, body, approximateBytes };
    }
    const body = pageChunks(chunks, this.definition, representation, page, now);
    return { status: 200, body, approximateBytes, buffers: this.#buffers, ...headers };
  }

  /** A watch that is ready to begin. Throws what is answered as a plain error. */
  async watch(info: RequestInfo, accept: string | undefined): Promise<Watcher> {
    const representation = representationOf(negotiate(accept, 'watch', info.query));
    asksForPast(this.definition, info);
    await searched(this.definition, info);
    const options = parseListOptions(this.definition, info);
    const watcher = new Watcher(this.#readable(), this.#encoder, options, representation, this.#watching);
    await watcher.prepare();
    return watcher;
  }

  async #object(info: RequestInfo): Promise<Seen & { object: ReadyObject }> {
    const cache = this.#readable();
    const now = this.#watching.now();
    if (!asksForPast(this.definition, info)) return { object: await readObject(cache, info), now };
    const { object, moment } = await readPastObject(this.definition, info, now);
    return { object, now: moment.before, headers: { headers: pastHeaders(this.definition, moment) } };
  }

  async #page(info: RequestInfo, signal: AbortSignal): Promise<Seen & { page: Page }> {
    const cache = this.#readable();
    const options = parseListOptions(this.definition, info);
    const only = await searched(this.definition, info);
    if (!asksForPast(this.definition, info)) {
      return { page: await readPage(cache, options, only), now: this.#watching.now() };
    }
    await cache.untilReached(0);
    const now = this.#watching.now();
    const asOf = info.query.get('asOf') ?? '';
    const { resourceVersion } = cache;
    const { page, moment } = await readPastPage(this.definition, options, { asOf, now, resourceVersion, signal });
    return { page, now: moment.before, headers: { headers: pastHeaders(this.definition, moment) } };
  }

  #readable(): WatchCache {
    if (this.cache) return this.cache;
    throw methodNotAllowed(groupResource(this.definition), this.definition.readOnlyMessage);
  }
}

/** What ages count to, and what the answer says of itself. */
interface Seen {
  readonly now: number;
  readonly headers?: Pick<Answer, 'headers'>;
}

/** A list is a concatenation of ready bytes, made while it is sent (L18). */
function* pageChunks(
  chunks: ByteChunks,
  definition: ResourceDefinition,
  representation: Representation,
  { metadata, objects }: Page,
  now: number,
): Generator<Buffer> {
  chunks.text(listHead(definition, representation, metadata));
  let first = true;
  for (const object of objects) {
    if (!first) chunks.text(',');
    first = false;
    writeItem(chunks, representation, object, now);
    yield* chunks.takeFull();
  }
  chunks.text(LIST_TAIL);
  yield* chunks.takeAll();
}
