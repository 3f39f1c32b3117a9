import { Channel } from '../runtime/channel.ts';
import type { LeaseChange, LeaseRecord, LeaseStore, StoredLease } from '../runtime/leadership/lease.ts';

/** Leases in memory, shared by the processes of a test; each process has its own view, which a test can cut off. */
export class MemoryLeases {
  readonly #leases = new Map<string, StoredLease>();
  readonly #watches = new Set<Channel<LeaseChange>>();
  #version = 0;
  /** Every write in order. */
  readonly history: StoredLease[] = [];

  record(name: string): LeaseRecord | undefined {
    return this.#leases.get(name)?.record;
  }

  holders(): Record<string, string> {
    return Object.fromEntries([...this.#leases].map(([name, { record }]) => [name, record.holderIdentity]));
  }

  delete(name: string): void {
    this.#leases.delete(name);
    this.#tell({ name, lease: undefined });
  }

  /** The store as one process reaches it. */
  view(): MemoryLeaseView {
    return new MemoryLeaseView({
      get: (name) => this.#leases.get(name),
      create: (name, record) => (this.#leases.has(name) ? undefined : this.#put(name, record)),
      update: (read, record) =>
        this.#leases.get(read.name)?.version === read.version ? this.#put(read.name, record) : undefined,
      watch: (signal) => this.#watch(signal),
    });
  }

  #put(name: string, record: LeaseRecord): StoredLease {
    const lease = { name, record, version: String(++this.#version) };
    this.#leases.set(name, lease);
    this.history.push(lease);
    this.#tell({ name, lease });
    return lease;
  }

  #watch(signal: AbortSignal): Channel<LeaseChange> {
    const channel = new Channel<LeaseChange>();
    for (const lease of this.#leases.values()) channel.push({ name: lease.name, lease });
    this.#watches.add(channel);
    const stop = (): void => {
      this.#watches.delete(channel);
      channel.close();
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    return channel;
  }

  #tell(change: LeaseChange): void {
    for (const watch of this.#watches) watch.push(change);
  }
}

interface Operations {
  get(name: string): StoredLease | undefined;
  create(name: string, record: LeaseRecord): StoredLease | undefined;
  update(read: StoredLease, record: LeaseRecord): StoredLease | undefined;
  watch(signal: AbortSignal): AsyncIterable<LeaseChange>;
}

/** `answers`: as it should; `refuses`: every request fails; `silent`: no answer until the caller gives up. */
export type LeaseWeather = 'answers' | 'refuses' | 'silent';

export class MemoryLeaseView implements LeaseStore {
  readonly #operations: Operations;
  weather: LeaseWeather = 'answers';
  requests = 0;
  /** What an answer waits for after the request was carried out. */
  slow: () => Promise<void> = async () => {};
  /** False: what happens is not told, as by a watch that is broken. */
  watches = true;

  constructor(operations: Operations) {
    this.#operations = operations;
  }

  get(name: string, signal: AbortSignal): Promise<StoredLease | undefined> {
    return this.#answer(signal, () => this.#operations.get(name));
  }

  create(name: string, record: LeaseRecord, signal: AbortSignal): Promise<StoredLease | undefined> {
    return this.#answer(signal, () => this.#operations.create(name, record));
  }

  update(read: StoredLease, record: LeaseRecord, signal: AbortSignal): Promise<StoredLease | undefined> {
    return this.#answer(signal, () => this.#operations.update(read, record));
  }

  async *watch(signal: AbortSignal): AsyncIterable<LeaseChange> {
    for await (const change of this.#operations.watch(signal)) {
      if (this.watches && this.weather === 'answers') yield change;
    }
  }

  async #answer<T>(signal: AbortSignal, operation: () => T): Promise<T> {
    this.requests++;
    signal.throwIfAborted();
    if (this.weather === 'refuses') throw new Error('leases cannot be reached');
    if (this.weather === 'silent') {
      await new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
    }
    const answer = operation();
    await this.slow();
    signal.throwIfAborted();
    return answer;
  }
}
