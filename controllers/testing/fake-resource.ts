import type { ServerResponse } from 'node:http';
import type { ServedKind } from '../runtime/discovery.ts';
import { parseFieldSelector } from '../runtime/field-selector.ts';
import { parseLabelSelector } from '../runtime/label-selector.ts';
import { type ClusterObject, objectKey } from '../runtime/object.ts';
import type { ObjectLike } from '../runtime/plugin.ts';

interface Change {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: ClusterObject;
  readonly before: ClusterObject | undefined;
}

/** Which objects a request is about, and how much of each it is sent. */
interface Asked {
  matches(object: ClusterObject): boolean;
  shown(object: ClusterObject): unknown;
  readonly metadataOnly: boolean;
}

interface OpenWatch {
  readonly response: ServerResponse;
  readonly asked: Asked;
  readonly wantsBookmarks: boolean;
  /** The resourceVersion up to which it was told, or would have been. */
  told: number;
  /** Bytes. */
  written: number;
}

const PARTIAL = { apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadata' } as const;

/** One kind that the fake API server serves: its objects, its history, and the watches that are open. */
export class FakeResource {
  readonly served: ServedKind;
  readonly #nextVersion: () => number;
  readonly #objects = new Map<string, ClusterObject>();
  readonly #watches = new Set<OpenWatch>();
  readonly #untold: ('swap' | 'lie')[] = [];
  #held: Change | undefined;
  #isMute = false;
  /** Up to where watches and streamed lists know what is stored; undefined is all of it. */
  #cached: number | undefined;
  #changes: Change[] = [];
  #floor: number;
  #version: number;

  constructor(served: ServedKind, version: number, nextVersion: () => number) {
    this.served = served;
    this.#nextVersion = nextVersion;
    this.#floor = version;
    this.#version = version;
  }

  get objects(): ReadonlyMap<string, ClusterObject> {
    return this.#objects;
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  /** How many bytes the watches that are open were sent. */
  get written(): number {
    return [...this.#watches].reduce((sum, { written }) => sum + written, 0);
  }

  apply(given: { readonly metadata: ObjectLike['metadata']; readonly [field: string]: unknown }): void {
    const { apiVersion, kind } = this.served;
    const key = objectKey({ apiVersion, kind, metadata: given.metadata });
    const before = this.#objects.get(key);
    const version = this.#next();
    const metadata = {
      uid: before?.metadata.uid ?? `uid-${version}`,
      ...given.metadata,
      resourceVersion: String(version),
    };
    const object: ClusterObject = { ...given, apiVersion, kind, metadata };
    this.#objects.set(key, object);
    this.#publish({ version, type: before === undefined ? 'ADDED' : 'MODIFIED', object, before });
  }

  delete(key: string): void {
    const before = this.#objects.get(key);
    if (before === undefined) return;
    this.#objects.delete(key);
    const version = this.#next();
    const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } };
    this.#publish({ version, type: 'DELETED', object, before });
  }

  compact(): void {
    this.#floor = this.#version;
    this.#changes = [];
  }

  /** What goes wrong with the next change. */
  next(wrong: 'swap' | 'lie'): void {
    this.#untold.push(wrong);
  }

  /** Watches are told of an old change once more: the last one, or so many before it. */
  repeat(back: number): void {
    const change = this.#changes.at(-1 - back);
    if (change !== undefined) this.#tell(change);
  }

  mute(): void {
    this.#isMute = true;
  }

  /** Open watches are told what they were not, in order; so is one that waited to change places. */
  unmute(): void {
    this.#isMute = false;
    this.#held = undefined;
    this.#tellRest();
  }

  /** Watches and streamed lists stay at the moment so many changes ago, pages are of what is stored. */
  lag(behind: number): void {
    this.#cached = this.#changes.at(-1 - behind)?.version ?? this.#floor;
  }

  catchUp(): void {
    this.#cached = undefined;
    this.#tellRest();
  }

  /** Ends every open watch in the given way. */
  endWatches(how: (response: ServerResponse) => void): void {
    for (const { response } of this.#watches) {
      how(response);
    }
    this.#watches.clear();
  }

  /** Writes to every open watch, as it is. */
  write(text: string): void {
    for (const watch of this.#watches) write(watch, text);
  }

  bookmark({ asked = false } = {}): void {
    if (asked && this.#isMute) return;
    for (const watch of this.#watches) if (!asked || watch.wantsBookmarks) write(watch, this.#bookmarkLine({}));
  }

  list(url: URL, accept: string, response: ServerResponse): void {
    const limit = Number(url.searchParams.get('limit') ?? 0);
    const token = url.searchParams.get('continue');
    const exact = url.searchParams.get('resourceVersionMatch') === 'Exact';
    const now = exact ? Number(url.searchParams.get('resourceVersion')) : this.#version;
    const [version, after] = token === null ? [now, ''] : (JSON.parse(token) as [number, string]);
    if (version < this.#floor) {
      status(response, 410, 'The provided continue parameter is too old', 'Expired');
      return;
    }
    const asked = askedOf(url, accept);
    // Pages are of one moment: objects as they were at the version of the first page.
    const rest = this.#at(version).filter((object) => asked.matches(object) && objectKey(object) > after);
    const page = limit === 0 ? rest : rest.slice(0, limit);
    const last = page.at(-1);
    const more =
      last !== undefined && page.length < rest.length ? { continue: JSON.stringify([version, objectKey(last)]) } : {};
    const { apiVersion, kind } = asked.metadataOnly ? PARTIAL : this.served;
    const items = page.map(({ apiVersion: _a, kind: _k, ...item }) =>
      asked.metadataOnly ? { ...PARTIAL, metadata: item.metadata } : item,
    );
    json(response, 200, {
      ...{ apiVersion, kind: `${kind}List` },
      metadata: { resourceVersion: String(version), ...more },
      items,
    });
  }

  /** `endsList`: whether a streamed list ends with its bookmark. */
  watch(url: URL, accept: string, response: ServerResponse, endsList: boolean): void {
    const from = url.searchParams.get('resourceVersion');
    const since = from === null ? this.#version : Number(from);
    const current = this.#cached ?? this.#version;
    if (since > current) {
      status(response, 504, `Timeout: Too large resource version: ${since}, current: ${current}`, 'Timeout');
      return;
    }
    const streams = from === null || (endsList && url.searchParams.get('sendInitialEvents') === 'true');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (!streams && since < this.#floor) {
      response.end(errorLine(410, 'Expired', 'too old resource version'));
      return;
    }
    const asked = askedOf(url, accept);
    const wantsBookmarks = url.searchParams.get('allowWatchBookmarks') === 'true';
    const watch: OpenWatch = { response, asked, wantsBookmarks, told: streams ? current : since, written: 0 };
    if (streams) {
      for (const object of this.#at(current)) {
        if (asked.matches(object)) write(watch, eventLine('ADDED', asked.shown(object)));
      }
      if (endsList) write(watch, this.#bookmarkLine({ 'k8s.io/initial-events-end': 'true' }));
    } else if (!this.#isMute) this.#tellWatch(watch);
    this.#watches.add(watch);
    response.on('close', () => this.#watches.delete(watch));
  }

  #tellRest(): void {
    for (const watch of this.#watches) this.#tellWatch(watch);
  }

  /** What it was not told yet, in order. */
  #tellWatch(watch: OpenWatch): void {
    const current = this.#cached ?? this.#version;
    for (const change of this.#changes) {
      if (change.version > watch.told && change.version <= current) tell(watch, change);
    }
  }

  #next(): number {
    this.#version = this.#nextVersion();
    return this.#version;
  }

  #publish(change: Change): void {
    this.#changes.push(change);
    const held = this.#held;
    this.#held = undefined;
    const wrong = this.#untold.shift();
    if (wrong === 'swap') this.#held = change;
    if (wrong === 'lie') for (const watch of this.#watches) watch.told = change.version;
    if (wrong === undefined) this.#tell(change);
    if (held !== undefined) this.#tell(held);
  }

  #tell(change: Change): void {
    if (this.#isMute || this.#cached !== undefined) return;
    for (const watch of this.#watches) tell(watch, change);
  }

  #bookmarkLine(annotations: Record<string, string>): string {
    const metadata = { resourceVersion: String(this.#cached ?? this.#version), annotations };
    const { apiVersion, kind } = this.served;
    return eventLine('BOOKMARK', { apiVersion, kind, metadata });
  }

  #at(version: number): ClusterObject[] {
    const objects = new Map(this.#objects);
    for (const { version: changed, before, object } of this.#changes.toReversed()) {
      if (changed <= version) break;
      if (before === undefined) objects.delete(objectKey(object));
      else objects.set(objectKey(object), before);
    }
    return [...objects.values()].sort((a, b) => (objectKey(a) < objectKey(b) ? -1 : 1));
  }
}

/** As one watch sees it: what leaves its selector is gone for it, and what comes into it is new. */
function tell(watch: OpenWatch, { type, object, before, version }: Change): void {
  const { asked } = watch;
  watch.told = Math.max(watch.told, version);
  const was = before !== undefined && asked.matches(before);
  const is = type !== 'DELETED' && asked.matches(object);
  if (is) write(watch, eventLine(was ? 'MODIFIED' : 'ADDED', asked.shown(object)));
  else if (was) {
    const gone = { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } };
    write(watch, eventLine('DELETED', asked.shown(gone)));
  }
}

function write(watch: OpenWatch, text: string): void {
  watch.written += Buffer.byteLength(text);
  watch.response.write(text);
}

function askedOf(url: URL, accept: string): Asked {
  const namespace = /\/namespaces\/([^/]+)\//.exec(url.pathname)?.[1];
  const labels = parseLabelSelector(url.searchParams.get('labelSelector') ?? '');
  const fields = parseFieldSelector(url.searchParams.get('fieldSelector') ?? '');
  const metadataOnly = accept.includes('as=PartialObjectMetadata');
  return {
    matches: (object) =>
      (namespace === undefined || object.metadata.namespace === namespace) &&
      labels(object.metadata.labels ?? {}) &&
      fields(object),
    shown: (object) => (metadataOnly ? { ...PARTIAL, metadata: object.metadata } : object),
    metadataOnly,
  };
}

export function errorLine(code: number, reason: string, message: string, details?: object): string {
  const object = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, ...details };
  return eventLine('ERROR', object);
}

export function eventLine(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}

export function json(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function status(response: ServerResponse, code: number, message: string, reason = ''): void {
  json(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message, reason });
}
