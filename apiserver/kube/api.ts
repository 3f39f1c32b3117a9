import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Middleware } from 'koa';
import type { UserInfo } from './access/types.ts';
import { act } from './act.ts';
import { type ActionDefinition, requireUsable } from './action.ts';
import { type Answer, asApiError, failure, send, setCommonHeaders } from './answer.ts';
import { type AttachmentDefinition, readAttachment } from './attachment.ts';
import { type AuditRecord, auditRecord } from './audit.ts';
import { sleep } from './cache/timing.ts';
import type { WatchCache, WatchCacheOptions } from './cache/watch-cache.ts';
import { create } from './create.ts';
import { Discovery, type VersionInfo } from './discovery.ts';
import { type Access, type Admitted, admit } from './filters.ts';
import { LongLists } from './long-lists.ts';
import { type KubeMetrics, NO_METRICS } from './metrics.ts';
import { acceptsJson, prefersYaml } from './negotiate.ts';
import { OpenApi } from './openapi.ts';
import type { RequestInfo } from './request-info.ts';
import { groupResource, type ResourceDefinition } from './resource.ts';
import { ServedResource } from './served-resource.ts';
import { badRequest, methodNotAllowed, notAcceptable, tooManyRequests, unknownPath } from './status.ts';
import { untilGone } from './until-gone.ts';
import { streamWatch } from './watch/http-stream.ts';
import type { Watcher } from './watch/watcher.ts';
import { refuseUpgrade, WatchSockets } from './watch/websocket.ts';
import { inYaml } from './yaml.ts';

export interface KubeApiOptions {
  readonly resources: readonly ResourceDefinition[];
  readonly access: Access;
  readonly version: VersionInfo;
  /** What the OpenAPI documents are called. Default: `Aggregated API`. */
  readonly title?: string;
  /** Default: none are kept. */
  readonly metrics?: KubeMetrics;
  /** Milliseconds since 1970. Default: Date.now. */
  readonly now?: () => number;
  /** [0, 1). Default: Math.random. */
  readonly random?: () => number;
  /** ms between the bookmarks of a watch. Default 60,000 (W5). */
  readonly bookmarkInterval?: number;
  /** Watches at the same time; one more is answered 429 (W15). Default 10,000. */
  readonly maxWatches?: number;
  /** Lists of more than 4 MiB that are sent at the same time; one more is answered 429 (L18). Default 16. */
  readonly maxLongLists?: number;
  readonly cache?: Omit<WatchCacheOptions, 'now' | 'onError'>;
  /** Told of every action that was allowed, before its answer is sent (X9). Default: nobody is. */
  readonly audit?: (record: AuditRecord) => void;
  /** Told what callers are not: the causes of 500s and 503s, and that a source failed and is tried again. */
  readonly onError?: (error: unknown, where: string) => void;
}

/**
 * The Kubernetes wire for read-only resources: discovery, OpenAPI, get, list, watch and create, behind authentication
 * and authorization. Knows definitions, not kinds. `start` it, give `middleware` to Koa and `handleUpgrade` to the
 * HTTP server's `upgrade` event; disposing of it ends all watches cleanly.
 */
export class KubeApi implements AsyncDisposable {
  readonly #options: KubeApiOptions;
  readonly #metrics: KubeMetrics;
  readonly #now: () => number;
  readonly #resources: readonly ServedResource[];
  readonly #discovery: Discovery;
  readonly #openApi: OpenApi;
  readonly #sockets = new WatchSockets();
  /** One for each watch that runs or is about to. */
  readonly #watches = new Set<AbortController>();
  #stopping = false;
  readonly #longLists: LongLists;

  constructor(options: KubeApiOptions) {
    this.#options = options;
    this.#metrics = options.metrics ?? NO_METRICS;
    this.#now = options.now ?? Date.now;
    this.#longLists = new LongLists(options.maxLongLists ?? 16);
    const { random = Math.random, bookmarkInterval = 60_000, onError = () => undefined } = options;
    const watching = { now: this.#now, random, bookmarkInterval };
    this.#resources = options.resources.map((definition) => {
      requireUsable(definition.plural, [...(definition.actions ?? []), ...(definition.attachments ?? [])]);
      const report = (error: unknown): void => onError(error, `the source of ${definition.plural}`);
      return new ServedResource(definition, watching, { ...options.cache, now: this.#now, onError: report });
    });
    this.#discovery = new Discovery(options.resources, options.version);
    this.#openApi = new OpenApi(options.resources, options.version, { title: options.title, now: this.#now });
  }

  /** Begins to follow the sources. Before a source's first snapshot its resource is 503 and discovery is served. */
  start(): void {
    for (const { cache } of this.#resources) cache?.start();
  }

  /** Whether the resource with this plural can be read: its first snapshot was taken. */
  serves(plural: string): boolean {
    return this.#resources.some(({ definition, cache }) => definition.plural === plural && cache?.synced === true);
  }

  /** Whether every resource with a source can be read. */
  get synced(): boolean {
    return this.#resources.every(({ cache }) => cache?.synced ?? true);
  }

  /** The cache of a resource, by its plural: other rooms read from the same memory. */
  cache(plural: string): WatchCache | undefined {
    return this.#resources.find(({ definition }) => definition.plural === plural)?.cache;
  }

  /**
   * Ends all watches cleanly, spread over `spreadMs` so that their clients do not all come back at once (X2), and
   * refuses new ones. Clients resume from their last resourceVersion, with another replica. Resolves when all ended.
   */
  async endWatches(spreadMs = 0): Promise<void> {
    this.#stopping = true;
    const { random = Math.random } = this.#options;
    await Promise.all(
      [...this.#watches].map(async (watch) => {
        if (spreadMs > 0) await sleep(random() * spreadMs, watch.signal);
        watch.abort();
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endWatches();
    await Promise.all(this.#resources.map((resource) => resource[Symbol.asyncDispose]()));
  }

  /** Serves /, /api, /apis, /openapi and /version, refuses single namespaces, and leaves every other path to the next middleware. */
  readonly middleware: Middleware = async (context, next) => {
    if (!isOurs(context.path)) return next();
    context.respond = false; // lists and watches are written with their own back-pressure
    await this.handle(context.req, context.res, context.state.user as UserInfo | undefined);
  };

  /** The same without Koa. `known`: who asks, when the request was authenticated before. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse, known?: UserInfo): Promise<void> {
    const started = this.#now();
    setCommonHeaders(request, response);
    let admitted: Admitted | undefined;
    try {
      admitted = await admit(request, this.#options.access, known);
      await this.#serve(admitted, request, response);
    } catch (error) {
      await this.#fail(error, request, response);
    }
    if (admitted?.info.verb === 'watch') return;
    const { verb = '' } = admitted?.info ?? {};
    // Only what is served: callers must not make label values.
    const resource = (admitted && this.#nameOf(admitted.info)) ?? '';
    const seconds = (this.#now() - started) / 1_000;
    this.#metrics.requestFinished({ verb, resource, code: response.statusCode, seconds });
  }

  /** A WebSocket watch (W12): the same chain as for every request, then 101. Never rejects. */
  async handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    try {
      const { info } = await admit(request, this.#options.access);
      const resource = this.#find(info);
      if (!resource || info.verb !== 'watch')
        throw badRequest('only watches are served over WebSocket: add watch=true');
      await this.#watching({ resource, info, request, client: socket }, (watcher, stop) =>
        this.#sockets.serve(watcher, { request, socket, head }, stop, this.#metrics, info.resource),
      );
    } catch (error) {
      this.#report(error, request);
      refuseUpgrade(request, socket, asApiError(error));
    }
  }

  async #serve(admitted: Admitted, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { info } = admitted;
    const { accept } = request.headers;
    if (!info.isResourceRequest) return send(request, response, this.#answerPath(info, request));
    if (isNamespace(info)) throw methodNotAllowed({ group: '', resource: 'namespaces' }, NO_NAMESPACES);
    const resource = this.#find(info);
    if (!resource) throw unknownPath();
    const { definition } = resource;
    const action = actionOf(definition, info);
    if (action) return this.#act(definition, action, admitted, { request, response });
    const attachment = attachmentOf(definition, info);
    if (attachment) {
      if (info.verb === 'get') {
        return send(request, response, await readAttachment(definition, attachment, admitted, accept));
      }
      const path = `${definition.plural}/${attachment.name}`;
      throw methodNotAllowed(groupResource(definition), `${path} can only be read: GET it`);
    }
    if (info.verb === 'get' && info.isItem) return send(request, response, await resource.get(info, accept));
    if (info.verb === 'list') return this.#list(resource, info, request, response);
    if (info.verb === 'watch') return this.#watch(resource, info, request, response);
    if (info.verb === 'create' && !info.isItem && definition.create) {
      if (!acceptsJson(accept)) throw notAcceptable(['application/json']);
      const handler = { ...definition, create: definition.create };
      return send(request, response, await create(handler, { request, response }, admitted, untilGone(response)));
    }
    throw methodNotAllowed(groupResource(definition), definition.readOnlyMessage);
  }

  /** However it ends, it is audited. */
  async #act(definition: ResourceDefinition, action: ActionDefinition, admitted: Admitted, exchange: Exchange) {
    const { request, response } = exchange;
    const told = (outcome: { code: number; reason?: string }): void =>
      this.#options.audit?.(auditRecord(admitted, response, outcome));
    try {
      if (admitted.info.verb !== 'create') {
        const path = `${definition.plural}/${action.name}`;
        throw methodNotAllowed(groupResource(definition), `${path} can only be created: POST an ${action.kind} to it`);
      }
      if (!acceptsJson(request.headers.accept)) throw notAcceptable(['application/json']);
      const answer = await act(definition, action, exchange, admitted, untilGone(response));
      told({ code: answer.status });
      await send(request, response, answer);
    } catch (error) {
      const { code, reason } = asApiError(error);
      told({ code, reason });
      throw error;
    }
  }

  #answerPath(info: RequestInfo, request: IncomingMessage): Answer {
    const { accept } = request.headers;
    const ifNoneMatch = request.headers['if-none-match'];
    if (info.verb !== 'get' && info.verb !== 'head')
      throw methodNotAllowed({ group: '', resource: '' }, METHOD_REFUSED);
    const answer =
      this.#discovery.answer(info.path, accept, ifNoneMatch) ??
      this.#openApi.answer(info.path, info.query, accept, ifNoneMatch);
    if (!answer) throw unknownPath();
    return answer;
  }

  async #list(resource: ServedResource, info: RequestInfo, request: IncomingMessage, response: ServerResponse) {
    const answer = await resource.list(info, request.headers.accept, untilGone(response));
    using _place = this.#longLists.enter(answer);
    await send(request, response, answer);
  }

  async #watch(resource: ServedResource, info: RequestInfo, request: IncomingMessage, response: ServerResponse) {
    await this.#watching({ resource, info, request, client: response }, (watcher, stop) =>
      streamWatch(watcher, response, stop, this.#metrics, info.resource),
    );
  }

  /** Takes a place before the work of beginning a watch, and counts the watch while it runs. */
  async #watching(
    { resource, info, request, client }: WatchRequest,
    run: (watcher: Watcher, stop: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { maxWatches = 10_000 } = this.#options;
    // 429, because reflectors then ask again for the same watch; after a 503 they list first.
    if (this.#watches.size >= maxWatches) throw tooManyRequests(`too many watches at once (${maxWatches}): try again`);
    this.#refuseWhenStopping();
    const watch = new AbortController();
    this.#watches.add(watch);
    try {
      const watcher = await resource.watch(info, request.headers.accept);
      this.#refuseWhenStopping();
      if (client.destroyed) return;
      this.#metrics.watchStarted(info.resource);
      await run(watcher, watch.signal).finally(() => this.#metrics.watchEnded(info.resource, watcher.end));
    } finally {
      watch.abort();
      this.#watches.delete(watch);
    }
  }

  #refuseWhenStopping(): void {
    if (this.#stopping) throw tooManyRequests('the server is stopping: watch again');
  }

  /** The resource that the URL names, when it is one of ours and the URL has the form of its scope (L1). */
  #find(info: RequestInfo): ServedResource | undefined {
    const found = this.#resources.find(
      ({ definition: { group, version, plural } }) =>
        group === info.group && version === info.version && plural === info.resource,
    );
    if (!found || info.rest.length > 0) return undefined;
    if (info.subresource !== '' && !actionOf(found.definition, info) && !attachmentOf(found.definition, info)) {
      return undefined;
    }
    const { namespaced } = found.definition;
    if (namespaced ? info.isItem && info.namespace === '' : info.namespace !== '') return undefined;
    return found;
  }

  /** `widgets`, `widgets/paint`, or undefined for what is not served. */
  #nameOf(info: RequestInfo): string | undefined {
    const { definition } = this.#find(info) ?? {};
    return definition && (info.subresource === '' ? definition.plural : `${definition.plural}/${info.subresource}`);
  }

  async #fail(error: unknown, request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#report(error, request);
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    const apiError = asApiError(error);
    if (apiError.reason === 'RequestEntityTooLarge' && !isSoonSent(request)) response.setHeader('Connection', 'close');
    const answer = failure(apiError);
    const written = prefersYaml(request.headers.accept) ? inYaml(answer) : answer;
    await send(request, response, written).catch(() => response.destroy());
  }

  #report(error: unknown, request: IncomingMessage): void {
    const { code, cause } = asApiError(error);
    if (code >= 500 && cause !== undefined) this.#options.onError?.(cause, `${request.method} ${request.url}`);
  }
}

interface WatchRequest {
  readonly resource: ServedResource;
  readonly info: RequestInfo;
  readonly request: IncomingMessage;
  /** Where the watch goes to. */
  readonly client: ServerResponse | Duplex;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * Node reads the rest of such a body. To close instead would reset the connection of a client that is still sending: it
 * would never see the answer. Of what is larger, or does not say how large it is, nobody reads the rest.
 */
function isSoonSent(request: IncomingMessage): boolean {
  return Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY) <= READ_TO_THE_END;
}

const READ_TO_THE_END = 16 * 1024 * 1024;

function actionOf({ actions = [] }: ResourceDefinition, { subresource }: RequestInfo): ActionDefinition | undefined {
  return subresource === '' ? undefined : actions.find(({ name }) => name === subresource);
}

function attachmentOf(definition: ResourceDefinition, { subresource }: RequestInfo): AttachmentDefinition | undefined {
  return subresource === '' ? undefined : definition.attachments?.find(({ name }) => name === subresource);
}

const METHOD_REFUSED = 'the server does not allow this method on the requested resource';

const NO_NAMESPACES = 'namespaces are not served here: ask the API server of the cluster';

/**
 * When kubectl is told that an object does not exist, it asks for the namespace, and says "the server could not find
 * the requested resource" instead of the object's name when that is a 404 too. Only without an aggregator.
 */
function isNamespace(info: RequestInfo): boolean {
  return info.group === '' && info.resource === 'namespaces' && info.isItem;
}

function isOurs(path: string): boolean {
  return /^\/(|version\/?|api\/?|apis(\/.*)?|openapi(\/.*)?|api\/v1\/namespaces\/[^/]+)$/.test(path);
}
