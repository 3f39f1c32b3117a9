import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ClusterObject } from '../runtime/object.ts';

/** What goes wrong next. Each fault hits one request, or the watch that is open. */
export type ApiFault =
  | {
      readonly type: 'status';
      readonly on: 'discovery' | 'list' | 'watch';
      readonly code: number;
      readonly retryAfter?: number;
    }
  /** The connection is cut: at once, or in the middle of a line. */
  | { readonly type: 'cut'; readonly on: 'list' | 'watch' }
  | { readonly type: 'cutLine' }
  | { readonly type: 'garbage' }
  /** The answer to a list stops in the middle and its connection stays open. */
  | { readonly type: 'stall' }
  | { readonly type: 'errorEvent'; readonly code: number; readonly retryAfter?: number }
  /** Watches are told of an old change once more: the last one, or one before it. */
  | { readonly type: 'repeat'; readonly back: number }
  /** Watches are told of the next two changes in the wrong order. */
  | { readonly type: 'swap' }
  /** What watches would be told from now on they are not told: something keeps it. Lists are as they should be. */
  | { readonly type: 'mute' }
  /** Watches are never told of the next change. */
  | { readonly type: 'lie' }
  | { readonly type: 'endWatches' }
  /** The history is gone: resourceVersions and page tokens from before are answered with 410. */
  | { readonly type: 'compact' };

interface Change {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: ClusterObject;
}

interface OpenWatch {
  readonly response: ServerResponse;
  readonly namespace: string | undefined;
}

/** The kind that is served. Default: the namespaced `Widget` of example.com/v1. */
export interface FakeApiServerOptions {
  /** `apps/v1`, or `v1` of the core. */
  readonly apiVersion?: string;
  readonly kind?: string;
  /** Default: the kind in lower case with an s. */
  readonly plural?: string;
}

/**
 * A small API server over real HTTP for one namespaced kind: what the tests of the reflector themselves use. It promises
 *
 * - discovery of the group and version, lists of all namespaces or of one, and watches of either;
 * - one resourceVersion that grows with each change; objects carry the one of their last change, of a deletion its own;
 * - lists in pages (`limit`, `continue`) of the moment of the first page, and exact ones (`resourceVersionMatch=Exact`);
 * - watches from a resourceVersion, or from a streamed list (`sendInitialEvents`) that ends with its bookmark; after that
 *   every change once and in order, and bookmarks when `bookmark()` is called, never by themselves;
 * - 410 for resourceVersions and pages of before a `compact`;
 * - the faults of `fault()`, each once, in the order in which they were asked for.
 *
 * It does not promise selectors, writes over HTTP, authentication, Tables or other media types, and keeps everything in memory.
 * `requests` has every path with its query, in order; `openWatches` how many watches are open. Disposing of it ends all connections.
 */
export class FakeApiServer implements AsyncDisposable {
  /** Whether `sendInitialEvents` is understood: `refused` as by a server whose gate is off, `ignored` as by an old one. */
  streamedLists: 'served' | 'refused' | 'ignored' = 'served';
  installed = true;
  /** Path and query of every request, in order. */
  readonly requests: string[] = [];
  readonly #objects = new Map<string, ClusterObject>();
  readonly #faults: ApiFault[] = [];
  readonly #watches = new Set<OpenWatch>();
  readonly #server: Server;
  readonly #untold: ('swap' | 'lie')[] = [];
  #held: Change | undefined;
  #isMute = false;
  #changes: Change[] = [];
  #version = 100;
  #floor = 100;

  readonly #served: Required<FakeApiServerOptions>;

  private constructor(
    server: Server,
    { apiVersion = 'example.com/v1', kind = 'Widget', plural }: FakeApiServerOptions,
  ) {
    this.#server = server;
    this.#served = { apiVersion, kind, plural: plural ?? `${kind.toLowerCase()}s` };
  }

  /** Listens on a free port of loopback. */
  static async start(options: FakeApiServerOptions = {}): Promise<FakeApiServer> {
    const server = createServer((request, response) => api.#answer(request, response));
    const api = new FakeApiServer(server, options);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get version(): string {
    return String(this.#version);
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  objects(): ClusterObject[] {
    return [...this.#objects.values()];
  }

  /** Creates or replaces an object of which only `spec.value` matters. */
  put(namespace: string, name: string, value: unknown): void {
    this.apply({ metadata: { name, namespace }, spec: { value } });
  }

  /** Creates or replaces an object; it gets the served kind, a resourceVersion, and a uid where it has none. */
  apply(given: {
    readonly metadata: { readonly name: string; readonly namespace: string };
    readonly [field: string]: unknown;
  }): void {
    const key = `${given.metadata.namespace}/${given.metadata.name}`;
    const before = this.#objects.get(key);
    const version = ++this.#version;
    const { apiVersion, kind } = this.#served;
    const uid = before?.metadata.uid ?? `uid-${version}`;
    const metadata = { uid, ...given.metadata, resourceVersion: String(version) };
    const object: ClusterObject = { ...given, apiVersion, kind, metadata };
    this.#objects.set(key, object);
    this.#publish({ version, type: before === undefined ? 'ADDED' : 'MODIFIED', object });
  }

  delete(namespace: string, name: string): void {
    const object = this.#objects.get(`${namespace}/${name}`);
    if (object === undefined) return;
    this.#objects.delete(`${namespace}/${name}`);
    const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } };
    this.#publish({ version: this.#version, type: 'DELETED', object: last });
  }

  fault(fault: ApiFault): void {
    switch (fault.type) {
      case 'compact':
        this.#floor = this.#version;
        this.#changes = [];
        break;
      case 'endWatches':
        this.#each(({ response }) => response.end());
        break;
      case 'errorEvent': {
        const status = {
          kind: 'Status',
          apiVersion: 'v1',
          status: 'Failure',
          code: fault.code,
          message: 'injected',
          reason: fault.code === 410 ? 'Expired' : 'InternalError',
          ...(fault.retryAfter !== undefined && { details: { retryAfterSeconds: fault.retryAfter } }),
        };
        this.#each(({ response }) => response.end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`));
        break;
      }
      case 'garbage':
        this.#each(({ response }) => response.write('{"type":"MODIFIED","object":{"apiVersion":\n'));
        break;
      case 'cutLine':
        this.#each(({ response }) => response.write('{"type":"ADDED","object":{"apiV', () => response.destroy()));
        break;
      case 'repeat': {
        const change = this.#changes.at(-1 - fault.back);
        if (change !== undefined) this.#tell(change);
        break;
      }
      case 'mute':
        this.#isMute = true;
        break;
      case 'swap':
      case 'lie':
        this.#untold.push(fault.type);
        break;
      default:
        this.#faults.push(fault);
    }
  }

  /** Sends a bookmark to every open watch. */
  bookmark(): void {
    this.#each(({ response }) => response.write(this.#bookmarkLine({})), { keep: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #each(act: (watch: OpenWatch) => void, { keep = false } = {}): void {
    for (const watch of [...this.#watches]) {
      if (!keep) this.#watches.delete(watch);
      act(watch);
    }
  }

  #publish(change: Change): void {
    this.#changes.push(change);
    const held = this.#held;
    this.#held = undefined;
    const wrong = this.#untold.shift();
    if (wrong === 'swap') this.#held = change;
    if (wrong === undefined) this.#tell(change);
    if (held !== undefined) this.#tell(held);
  }

  #tell(change: Change): void {
    if (this.#isMute) return;
    for (const { response, namespace } of this.#watches) {
      if (isInside(change.object, namespace)) response.write(eventLine(change.type, change.object));
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://fake');
    this.requests.push(`${url.pathname}?${url.searchParams}`);
    const on = url.searchParams.has('watch')
      ? 'watch'
      : url.pathname.endsWith(`/${this.#served.plural}`)
        ? 'list'
        : 'discovery';
    const index = this.#faults.findIndex((fault) => ('on' in fault ? fault.on : 'list') === on);
    const [fault] = index < 0 ? [] : this.#faults.splice(index, 1);
    if (fault?.type === 'cut') {
      request.socket.destroy();
    } else if (fault?.type === 'stall') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`{"kind":"${this.#served.kind}List","metadata":{"resourceVersion":"1"},"items":[`);
    } else if (fault?.type === 'status') {
      if (fault.retryAfter !== undefined) response.setHeader('retry-after', String(fault.retryAfter));
      status(response, fault.code, 'injected');
    } else if (on === 'discovery') this.#discovery(url.pathname, response);
    else if (!this.installed) status(response, 404, 'the server could not find the requested resource');
    else if (on === 'watch') this.#watch(url, response);
    else this.#list(url, response);
  }

  #discovery(path: string, response: ServerResponse): void {
    const { apiVersion, kind, plural } = this.#served;
    const root = apiVersion.includes('/') ? '/apis' : '/api';
    if (path !== `${root}/${apiVersion}` || !this.installed) {
      status(response, 404, 'not found');
      return;
    }
    const resources = [
      { name: `${plural}/status`, kind, namespaced: true, verbs: ['get'] },
      { name: plural, kind, namespaced: true, verbs: ['get', 'list', 'watch'] },
    ];
    json(response, 200, { kind: 'APIResourceList', groupVersion: apiVersion, resources });
  }

  #list(url: URL, response: ServerResponse): void {
    const limit = Number(url.searchParams.get('limit') ?? 0);
    const token = url.searchParams.get('continue');
    const exact = url.searchParams.get('resourceVersionMatch') === 'Exact';
    const now = exact ? Number(url.searchParams.get('resourceVersion')) : this.#version;
    const [version, after] = token === null ? [now, ''] : (JSON.parse(token) as [number, string]);
    if (version < this.#floor) {
      status(response, 410, 'The provided continue parameter is too old', 'Expired');
      return;
    }
    // Pages are of one moment: objects as they were at the version of the first page.
    const all = this.#at(version).filter((object) => isInside(object, namespaceOf(url)));
    const rest = all.filter((object) => keyOf(object) > after);
    const page = limit === 0 ? rest : rest.slice(0, limit);
    const last = page.at(-1);
    const more =
      last !== undefined && page.length < rest.length ? { continue: JSON.stringify([version, keyOf(last)]) } : {};
    const items = page.map(({ apiVersion: _a, kind: _k, ...item }) => item);
    json(response, 200, {
      apiVersion: this.#served.apiVersion,
      kind: `${this.#served.kind}List`,
      metadata: { resourceVersion: String(version), ...more },
      items,
    });
  }

  #at(version: number): ClusterObject[] {
    const objects = new Map(this.#objects);
    for (const change of this.#changes.toReversed()) {
      if (change.version <= version) break;
      // Undo: the state before a change is the last change of the same object before it.
      const key = keyOf(change.object);
      const before = this.#changes.findLast((each) => each.version < change.version && keyOf(each.object) === key);
      if (before === undefined && change.type !== 'ADDED') continue;
      if (before === undefined || before.type === 'DELETED') objects.delete(key);
      else objects.set(key, before.object);
    }
    return [...objects.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  #watch(url: URL, response: ServerResponse): void {
    const namespace = namespaceOf(url);
    const since = url.searchParams.get('resourceVersion');
    const wantsInitial = url.searchParams.get('sendInitialEvents') === 'true';
    if (wantsInitial && this.streamedLists === 'refused') {
      status(
        response,
        422,
        'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
        'Invalid',
      );
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (since !== null && Number(since) < this.#floor) {
      const object = {
        kind: 'Status',
        apiVersion: 'v1',
        status: 'Failure',
        code: 410,
        reason: 'Expired',
        message: 'too old resource version',
      };
      response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
      return;
    }
    if (since === null) {
      for (const object of this.#objects.values())
        if (isInside(object, namespace)) response.write(eventLine('ADDED', object));
      if (this.streamedLists === 'served') response.write(this.#bookmarkLine({ 'k8s.io/initial-events-end': 'true' }));
    }
    for (const change of this.#changes) {
      if (since !== null && !this.#isMute && change.version > Number(since) && isInside(change.object, namespace))
        response.write(eventLine(change.type, change.object));
    }
    const watch = { response, namespace };
    this.#watches.add(watch);
    response.on('close', () => this.#watches.delete(watch));
  }

  #bookmarkLine(annotations: Record<string, string>): string {
    const metadata = { resourceVersion: String(this.#version), annotations };
    const { apiVersion, kind } = this.#served;
    return eventLine('BOOKMARK', { apiVersion, kind, metadata });
  }
}

function eventLine(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}

function json(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function status(response: ServerResponse, code: number, message: string, reason = ''): void {
  json(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message, reason });
}

function keyOf({ metadata }: ClusterObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function namespaceOf(url: URL): string | undefined {
  return /\/namespaces\/([^/]+)\//.exec(url.pathname)?.[1];
}

function isInside({ metadata }: ClusterObject, namespace: string | undefined): boolean {
  return namespace === undefined || metadata.namespace === namespace;
}
