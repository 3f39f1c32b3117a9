import type { ReceiverKind } from '../../crds/webhook-receiver.ts';
import { Coverage } from './coverage.ts';
import { type Declaration, faultText } from './declaration.ts';
import { declaredEntry, type Entry, pathOf, versionOf, watchedEntry } from './entry.ts';
import type { ReceiverMetrics } from './metrics.ts';
import type {
  LeadReceivers,
  ReceiverNews,
  ReceiverObject,
  ReceiversLogger,
  WatchReceivers,
  WriteReceiverStatus,
} from './ports.ts';

export interface ReceiversOptions {
  /** Those of the configuration; they come before objects of the same name. See `declare`. */
  readonly configured: readonly Declaration[];
  /** Absent: nothing is watched. */
  readonly watch?: WatchReceivers;
  /** Absent: nothing is written. */
  readonly writeStatus?: WriteReceiverStatus;
  readonly store: LeadReceivers;
  readonly log: ReceiversLogger;
  readonly metrics?: ReceiverMetrics;
  /** Until the store is asked again, ms. Default: 5,000. */
  readonly retryMs?: number;
}

/** `unknown`: it is not certain yet which there are. */
export type Found = Entry | 'missing' | 'unknown';

const KINDS = ['WebhookReceiver', 'ClusterWebhookReceiver'] as const satisfies readonly ReceiverKind[];
const CONFIGURED = 'configured-receivers';

/** Every receiver there is, kept current: those of the configuration and, where they are watched, those of the cluster. */
export class Receivers implements AsyncDisposable {
  readonly #options: ReceiversOptions;
  readonly #coverage: Coverage;
  readonly #configured = new Map<string, Entry>();
  readonly #watched = new Map<ReceiverKind, Map<string, Entry>>(KINDS.map((kind) => [kind, new Map()]));
  /** Kinds of which everything was seen, or nothing can be seen. */
  readonly #settled = new Set<ReceiverKind>();
  /** Kinds of which everything was seen. */
  readonly #listed = new Set<ReceiverKind>();
  readonly #ending = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: ReceiversOptions) {
    this.#options = options;
    this.#coverage = new Coverage(options.store, options.log, options.retryMs ?? 5_000);
  }

  start(): void {
    const { watch } = this.#options;
    this.#running = this.declare(this.#options.configured).then(() =>
      Promise.all(KINDS.map((kind) => (watch ? this.#follow(kind, watch) : this.#settle(kind)))),
    );
  }

  /** From now on the configuration has these. An object that one of them stood in front of is read at its next change. */
  async declare(configured: readonly Declaration[]): Promise<void> {
    const entries = await Promise.all(configured.map(declaredEntry));
    this.#configured.clear();
    for (const entry of entries) this.#configured.set(entry.path, entry);
    this.#count();
    this.#cover();
  }

  find(path: string): Found {
    const entry = this.#configured.get(path) ?? this.#ofCluster(path);
    if (entry !== undefined) return entry;
    return this.#settled.size === KINDS.length ? 'missing' : 'unknown';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    this.#coverage[Symbol.dispose]();
    await this.#running;
  }

  #ofCluster(path: string): Entry | undefined {
    for (const entries of this.#watched.values()) {
      const entry = entries.get(path);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  #settle(kind: ReceiverKind): void {
    this.#settled.add(kind);
    this.#cover();
  }

  /**
   * Not before it is certain which receivers there are: what is not known yet is not gone, and the class of a source is
   * that of all its receivers.
   */
  #cover(): void {
    if (this.#settled.size < KINDS.length) return;
    const places = new Map([[CONFIGURED, [...this.#configured.values()]]]);
    for (const kind of this.#listed) {
      const entries = [...(this.#watched.get(kind) as Map<string, Entry>).values()];
      // What the configuration stands in front of takes nothing, so it covers nothing.
      places.set(
        `${kind.toLowerCase()}s`,
        entries.filter(({ path }) => !this.#configured.has(path)),
      );
    }
    this.#coverage.cover(places);
  }

  async #follow(kind: ReceiverKind, watch: WatchReceivers): Promise<void> {
    for await (const news of watch(kind, this.#ending.signal)) {
      // One bad object must not end the watch of the others.
      await this.#hear(kind, news).catch((error: unknown) =>
        this.#options.log.warn({ error }, 'a receiver is not read'),
      );
      this.#count();
    }
  }

  async #hear(kind: ReceiverKind, news: ReceiverNews): Promise<void> {
    const entries = this.#watched.get(kind) as Map<string, Entry>;
    switch (news.type) {
      case 'listed': {
        const there = new Set(news.objects.map((object) => pathOf(kind, object)));
        for (const path of entries.keys()) if (!there.has(path)) entries.delete(path);
        for (const object of news.objects) await this.#apply(kind, object, entries);
        this.#listed.add(kind);
        this.#settle(kind);
        return;
      }
      case 'applied':
        await this.#apply(kind, news.object, entries);
        break;
      case 'deleted':
        entries.delete(pathOf(kind, news.object));
        break;
      case 'absent':
        this.#settle(kind);
        return;
      default:
        news satisfies never;
    }
    this.#cover();
  }

  async #apply(kind: ReceiverKind, object: ReceiverObject, entries: Map<string, Entry>): Promise<void> {
    const path = pathOf(kind, object);
    const version = versionOf(object);
    const known = entries.get(path);
    if (known !== undefined && version !== undefined && known.version === version) return;
    let entry = await watchedEntry(kind, object);
    if (this.#configured.has(path)) {
      const message = 'the configuration of the server has a receiver of this name';
      entry = { ...entry, receiver: undefined, faults: [{ path: 'metadata.name', message }, ...entry.faults] };
    }
    entries.set(path, entry);
    const { faults } = entry;
    const { log, writeStatus } = this.#options;
    if (faults.length > 0) log.warn({ receiver: path, faults: faults.map(faultText) }, 'a receiver is not accepted');
    else log.info({ receiver: path }, 'a receiver is accepted');
    await writeStatus?.(object, kind, { path, faults });
  }

  #count(): void {
    const all = [this.#configured, ...this.#watched.values()].flatMap((entries) => [...entries.values()]);
    const accepted = all.filter(({ receiver }) => receiver !== undefined).length;
    this.#options.metrics?.receivers({ accepted, refused: all.length - accepted });
  }
}
