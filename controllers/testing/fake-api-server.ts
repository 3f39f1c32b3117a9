import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { groupOf } from '../../crds/meta.ts';
import { pluralOf } from '../../crds/plural.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ServedKind } from '../runtime/discovery.ts';
import { type ClusterObject, kindId } from '../runtime/object.ts';
import { errorLine, FakeResource, json, status } from './fake-resource.ts';

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
  /** Watches are told of the next two changes of one kind in the wrong order. */
  | { readonly type: 'swap' }
  /** What watches would be told from now on they are not told: something keeps it. Lists are as they should be. */
  | { readonly type: 'mute' }
  /** What was kept is told, in order, to the watches that are open still. */
  | { readonly type: 'unmute' }
  /**
   * What watches and streamed lists are served from falls behind what is stored, as of a server that is overloaded: it stays
   * where it was so many changes ago (default 0), and what asks for later is answered with 504.
   */
  | { readonly type: 'lag'; readonly behind?: number }
  | { readonly type: 'catchUp' }
  /** Every connection is cut, and so is every new one until `up`. */
  | { readonly type: 'down' }
  | { readonly type: 'up' }
  /** Watches are never told of the next change. */
  | { readonly type: 'lie' }
  | { readonly type: 'endWatches' }
  /** The history is gone: resourceVersions and page tokens from before are answered with 410. */
  | { readonly type: 'compact' };

/** A kind that is served. */
export interface FakeKind {
  /** `apps/v1`, or `v1` of the core. */
  readonly apiVersion: string;
  readonly kind: string;
  /** Default: the kind in lower case with an English plural. */
  readonly plural?: string | undefined;
  /** Default true. */
  readonly namespaced?: boolean;
}

/** The first kind that is served, default the namespaced `Widget` of example.com/v1, and what else is. */
export interface FakeApiServerOptions extends Partial<FakeKind> {
  /** Further kinds. Default none. */
  readonly others?: readonly FakeKind[];
  /**
   * With a clock the server keeps time as a real one: a bookmark every 60 s to each watch that asked for them, and the end of a
   * watch after its `timeoutSeconds`. Default: neither, ever.
   */
  readonly clock?: Clock;
}

const BOOKMARK_MS = 60_000;

/**
 * A small API server over real HTTP: what the tests of the reflector themselves use. It promises
 *
 * - discovery of the groups and versions, lists of all namespaces or of one, and watches of either;
 * - one resourceVersion that grows with each change; objects carry the one of their last change, of a deletion its own;
 * - lists in pages (`limit`, `continue`) of the moment of the first page, and exact ones (`resourceVersionMatch=Exact`);
 * - watches from a resourceVersion, or from a streamed list (`sendInitialEvents`) that ends with its bookmark; after that
 *   every change once and in order, and bookmarks when `bookmark()` is called or when its `clock` says so;
 * - label and field selectors, of lists and of watches (what leaves a selector is deleted for its watch), and answers of
 *   metadata only;
 * - 410 for resourceVersions and pages of before a `compact`;
 * - the faults of `fault()`, each once, in the order in which they were asked for.
 *
 * It does not promise writes over HTTP, authentication, Tables or other media types, and keeps everything in memory.
 * `requests` has every path with its query, in order; `openWatches` how many watches are open. Disposing of it ends all connections.
 */
export class FakeApiServer implements AsyncDisposable {
  /** Whether `sendInitialEvents` is understood: `refused` as by a server whose gate is off, `ignored` as by an old one. */
  streamedLists: 'served' | 'refused' | 'ignored' = 'served';
  installed = true;
  /** Path and query of every request, in order. */
  readonly requests: string[] = [];
  readonly #faults: ApiFault[] = [];
  readonly #server: Server;
  readonly #clock: Clock | undefined;
  readonly #first: FakeResource;
  readonly #resources: readonly FakeResource[];
  readonly #stop = new AbortController();
  #isDown = false;
  #version = 100;

  private constructor(server: Server, { others = [], clock, ...first }: FakeApiServerOptions) {
    const { apiVersion = 'example.com/v1', kind = 'Widget', ...rest } = first;
    const resourceOf = (each: FakeKind): FakeResource =>
      new FakeResource(servedOf(each), this.#version, () => ++this.#version);
    this.#server = server;
    this.#clock = clock;
    this.#first = resourceOf({ apiVersion, kind, ...rest });
    this.#resources = [this.#first, ...others.map(resourceOf)];
  }

  /** Listens on a free port of loopback. */
  static async start(options: FakeApiServerOptions = {}): Promise<FakeApiServer> {
    // No connection ends by itself: a client that was about to use it again would be told of a fault that nobody asked for.
    const server = createServer({ keepAliveTimeout: 0 }, (request, response) => api.#answer(request, response));
    const api = new FakeApiServer(server, options);
    server.on('connection', (socket) => {
      if (api.#isDown) socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    api.#keepTime();
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get version(): string {
    return String(this.#version);
  }

  get openWatches(): number {
    return this.#resources.reduce((sum, { openWatches }) => sum + openWatches, 0);
  }

  /** How many bytes the watches that are open were sent: whoever read as many has heard everything. */
  get bytesTold(): number {
    return this.#resources.reduce((sum, { written }) => sum + written, 0);
  }

  objects(): ClusterObject[] {
    return this.#resources.flatMap(({ objects }) => [...objects.values()]);
  }

  /** Creates or replaces an object of which only `spec.value` matters. */
  put(namespace: string, name: string, value: unknown): void {
    this.apply({ metadata: { name, namespace }, spec: { value } });
  }

  /**
   * Creates or replaces an object of the kind that it names, in any version, else of the first kind; it gets the served
   * version, a resourceVersion, and a uid where it has none. Throws a RangeError for a kind that is not served.
   */
  apply(given: {
    readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
    readonly apiVersion?: string;
    readonly kind?: string;
    readonly [field: string]: unknown;
  }): void {
    this.#resourceOf(given).apply(given);
  }

  /** `of`: its kind. Default the first. */
  delete(namespace: string, name: string, of: { readonly apiVersion?: string; readonly kind?: string } = {}): void {
    this.#resourceOf(of).delete(`${namespace}/${name}`);
  }

  /** `of`: only to watches of this kind, where the fault hits watches. Default: all. */
  fault(fault: ApiFault, of?: { readonly apiVersion: string; readonly kind: string }): void {
    const hit = of === undefined ? this.#resources : [this.#resourceOf(of)];
    const end = (how: (response: ServerResponse) => void): void => {
      for (const each of hit) each.endWatches(how);
    };
    switch (fault.type) {
      case 'compact':
        for (const each of hit) each.compact();
        break;
      case 'endWatches':
        end((response) => response.end());
        break;
      case 'errorEvent':
        end((response) => response.end(injected(fault)));
        break;
      case 'garbage':
        end((response) => response.write('{"type":"MODIFIED","object":{"apiVersion":\n'));
        break;
      case 'cutLine':
        end((response) => response.write('{"type":"ADDED","object":{"apiV', () => response.destroy()));
        break;
      case 'repeat':
        for (const each of hit) each.repeat(fault.back);
        break;
      case 'mute':
        for (const each of hit) each.mute();
        break;
      case 'unmute':
        for (const each of hit) each.unmute();
        break;
      case 'lag':
        for (const each of hit) each.lag(fault.behind ?? 0);
        break;
      case 'catchUp':
        for (const each of hit) each.catchUp();
        break;
      case 'down':
        this.#isDown = true;
        this.#server.closeAllConnections();
        break;
      case 'up':
        this.#isDown = false;
        break;
      case 'swap':
      case 'lie':
        for (const each of hit) each.next(fault.type);
        break;
      default:
        this.#faults.push(fault);
    }
  }

  /** Sends a bookmark to every open watch. */
  bookmark(): void {
    for (const each of this.#resources) each.bookmark();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #resourceOf({ apiVersion, kind }: { readonly apiVersion?: string; readonly kind?: string }): FakeResource {
    if (apiVersion === undefined || kind === undefined) return this.#first;
    const found = this.#resources.find(
      ({ served }) => kindId(served.apiVersion, served.kind) === kindId(apiVersion, kind),
    );
    if (found === undefined) throw new RangeError(`${apiVersion} ${kind} is not served: name it among the kinds`);
    return found;
  }

  #keepTime(): void {
    const again = (): void => {
      if (this.#stop.signal.aborted) return;
      for (const each of this.#resources) each.bookmark({ asked: true });
      cancel = this.#clock?.after(BOOKMARK_MS, again);
    };
    let cancel = this.#clock?.after(BOOKMARK_MS, again);
    this.#stop.signal.addEventListener('abort', () => cancel?.());
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://fake');
    this.requests.push(`${url.pathname}?${url.searchParams}`);
    const resource = this.#resources.find(({ served }) => isCollection(url.pathname, served));
    const on = url.searchParams.has('watch') ? 'watch' : resource !== undefined ? 'list' : 'discovery';
    const index = this.#faults.findIndex((fault) => ('on' in fault ? fault.on : 'list') === on);
    const [fault] = index < 0 ? [] : this.#faults.splice(index, 1);
    const accept = request.headers.accept ?? '';
    if (fault?.type === 'cut') {
      request.socket.destroy();
    } else if (fault?.type === 'stall') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`{"kind":"${resource?.served.kind}List","metadata":{"resourceVersion":"1"},"items":[`);
    } else if (fault?.type === 'status') {
      if (fault.retryAfter !== undefined) response.setHeader('retry-after', String(fault.retryAfter));
      status(response, fault.code, 'injected');
    } else if (on === 'discovery') this.#discovery(url.pathname, response);
    else if (!this.installed || resource === undefined)
      status(response, 404, 'the server could not find the requested resource');
    else if (on === 'watch') this.#watch(resource, url, accept, response);
    else resource.list(url, accept, response);
  }

  #watch(resource: FakeResource, url: URL, accept: string, response: ServerResponse): void {
    if (url.searchParams.get('sendInitialEvents') === 'true' && this.streamedLists === 'refused') {
      const message = 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
      status(response, 422, message, 'Invalid');
      return;
    }
    resource.watch(url, accept, response, this.streamedLists === 'served');
    const seconds = Number(url.searchParams.get('timeoutSeconds') ?? 0);
    const cancel = seconds > 0 ? this.#clock?.after(seconds * 1_000, () => response.end()) : undefined;
    response.on('close', () => cancel?.());
  }

  #discovery(path: string, response: ServerResponse): void {
    const here = this.#resources.filter(({ served }) => path === rootOf(served));
    const [first] = here;
    if (first === undefined || !this.installed) {
      status(response, 404, 'not found');
      return;
    }
    const resources = here.flatMap(({ served: { plural, kind, namespaced } }) => [
      { name: `${plural}/status`, kind, namespaced, verbs: ['get'] },
      { name: plural, kind, namespaced, verbs: ['get', 'list', 'watch'] },
    ]);
    json(response, 200, { kind: 'APIResourceList', groupVersion: first.served.apiVersion, resources });
  }
}

function servedOf({ apiVersion, kind, plural = pluralOf(kind), namespaced = true }: FakeKind): ServedKind {
  return { apiVersion, kind, plural, namespaced };
}

function rootOf({ apiVersion }: ServedKind): string {
  return groupOf(apiVersion) === '' ? `/api/${apiVersion}` : `/apis/${apiVersion}`;
}

function isCollection(path: string, served: ServedKind): boolean {
  const root = rootOf(served);
  if (!path.startsWith(`${root}/`)) return false;
  const rest = path.slice(root.length + 1).split('/');
  return rest.at(-1) === served.plural && (rest.length === 1 || (rest.length === 3 && rest[0] === 'namespaces'));
}

function injected({ code, retryAfter }: Extract<ApiFault, { type: 'errorEvent' }>): string {
  const details = retryAfter === undefined ? {} : { details: { retryAfterSeconds: retryAfter } };
  return errorLine(code, code === 410 ? 'Expired' : 'InternalError', 'injected', details);
}
