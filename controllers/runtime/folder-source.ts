import { causeOf } from './backend.ts';
import { Channel } from './channel.ts';
import { type Clock, systemClock } from './clock.ts';
import { parseFieldSelector } from './field-selector.ts';
import { folderLogs } from './folder-logs.ts';
import { FolderNotifications } from './folder-notifications.ts';
import { FolderObjects, type FolderScan } from './folder-objects.ts';
import { parseLabelSelector } from './label-selector.ts';
import type { Logger } from './logger.ts';
import { type ClusterObject, kindId } from './object.ts';
import type { LogAnswer, LogRequest, ObjectSource, SourceEvent, WatchRequest } from './source.ts';

export interface FolderSourceOptions {
  /** The folder, searched with its sub-folders; YAML, JSON, `List`s and `.gz` are read, other files are left alone. */
  folder: string;
  logger: Logger;
  clock?: Clock;
  /** A change is read when the folder was quiet for this long: editors write in several steps. Default 100 ms. */
  debounceMs?: number;
  /** The folder is looked through this often besides the notifications of the operating system. Default 5 s. */
  rescanMs?: number;
}

interface Subscriber {
  readonly request: WatchRequest;
  readonly matches: (object: ClusterObject) => boolean;
  readonly events: Channel<SourceEvent>;
}

/**
 * A folder of recorded objects as if it were a cluster: creating, changing and deleting a file creates, changes and
 * deletes its objects. The notifications only say when to look; what is there decides.
 */
export function createFolderSource(options: FolderSourceOptions): ObjectSource & AsyncDisposable {
  return new FolderSource(options);
}

class FolderSource implements ObjectSource, AsyncDisposable {
  readonly live = false;
  readonly #options: FolderSourceOptions;
  readonly #clock: Clock;
  readonly #objects: FolderObjects;
  readonly #subscribers = new Set<Subscriber>();
  readonly #notifications: FolderNotifications;
  #cancelScan: (() => void) | undefined;
  #cancelRescan: (() => void) | undefined;
  #scanning: Promise<void> | undefined;
  #again = false;
  #disposed = false;

  constructor(options: FolderSourceOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#objects = new FolderObjects(options.folder, options.logger);
    this.#notifications = new FolderNotifications(options.folder, options.logger, () => this.#schedule(this.#debounce));
  }

  async *watch(request: WatchRequest, signal: AbortSignal): AsyncGenerator<SourceEvent, void, void> {
    const subscriber: Subscriber = { request, matches: matcherOf(request), events: new Channel() };
    const close = (): void => subscriber.events.close();
    if (signal.aborted || this.#disposed) return;
    signal.addEventListener('abort', close, { once: true });
    this.#subscribers.add(subscriber);
    try {
      const kinds = request.apiVersions.map((apiVersion) => kindId(apiVersion, request.kind));
      // A kind that was read already can be listed at once; a new one needs a look at the files.
      if (this.#objects.want(kinds)) this.#listTo(subscriber);
      else this.#schedule(0);
      yield* subscriber.events;
    } finally {
      signal.removeEventListener('abort', close);
      this.#subscribers.delete(subscriber);
      if (this.#subscribers.size === 0) this.#rest();
    }
  }

  logs(request: LogRequest): Promise<LogAnswer> {
    return folderLogs(this.#options.folder, request);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    for (const { events } of this.#subscribers) events.close();
    this.#rest();
    await this.#scanning;
  }

  #listTo(subscriber: Subscriber): void {
    subscriber.events.push({ type: 'listing' });
    subscriber.events.push({ type: 'listed', objects: this.#objects.current().filter(subscriber.matches) });
    subscriber.events.push({ type: 'synced' });
  }

  #schedule(ms: number): void {
    this.#cancelScan?.();
    this.#cancelScan = this.#clock.after(ms, () => {
      this.#cancelScan = undefined;
      this.#again = true;
      this.#scanning ??= this.#scan().finally(() => {
        this.#scanning = undefined;
      });
    });
  }

  async #scan(): Promise<void> {
    while (this.#again && this.#subscribers.size > 0) {
      this.#again = false;
      try {
        // Watched before it is read, so that no change falls between.
        await this.#notifications.refresh();
        this.#publish(await this.#objects.scan());
      } catch (error) {
        this.#unreadable(error);
      }
    }
    if (this.#subscribers.size > 0) this.#rescanLater();
  }

  #publish(scan: FolderScan): void {
    for (const subscriber of this.#subscribers) {
      if (scan.newKinds.has(kindId(subscriber.request.apiVersions[0] ?? '', subscriber.request.kind))) {
        this.#listTo(subscriber);
        continue;
      }
      for (const object of scan.deleted)
        if (subscriber.matches(object)) subscriber.events.push({ type: 'deleted', object });
      for (const { object, previous } of scan.applied) {
        if (subscriber.matches(object)) subscriber.events.push({ type: 'applied', object });
        else if (previous && subscriber.matches(previous))
          subscriber.events.push({ type: 'deleted', object: previous });
      }
    }
    if (scan.unsettled) this.#schedule(Math.max(1_000, this.#debounce));
  }

  #unreadable(error: unknown): void {
    const message = `${this.#options.folder} cannot be read: ${causeOf(error)}`;
    const fault = { reason: 'Unreachable', message, retryInMs: this.#rescan } as const;
    for (const { events } of this.#subscribers) events.push({ type: 'waiting', fault });
    this.#notifications[Symbol.dispose]();
  }

  #rescanLater(): void {
    this.#cancelRescan?.();
    this.#cancelRescan = this.#clock.after(this.#rescan, () => this.#schedule(0));
  }

  #rest(): void {
    this.#cancelScan?.();
    this.#cancelRescan?.();
    this.#notifications[Symbol.dispose]();
  }

  get #debounce(): number {
    return this.#options.debounceMs ?? 100;
  }

  get #rescan(): number {
    return this.#options.rescanMs ?? 5_000;
  }
}

function matcherOf(request: WatchRequest): (object: ClusterObject) => boolean {
  const kinds = new Set(request.apiVersions.map((apiVersion) => kindId(apiVersion, request.kind)));
  const labels = request.labelSelector ? parseLabelSelector(request.labelSelector) : () => true;
  const fields = request.fieldSelector ? parseFieldSelector(request.fieldSelector) : () => true;
  return (object) => {
    const { apiVersion, kind, metadata } = object;
    return (
      kinds.has(kindId(apiVersion, kind)) &&
      (request.namespace === undefined ||
        metadata.namespace === undefined ||
        metadata.namespace === request.namespace) &&
      labels(metadata.labels ?? {}) &&
      fields(object)
    );
  };
}
