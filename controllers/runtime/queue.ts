import type { Clock } from './clock.ts';
import { Lanes } from './lanes.ts';

export type Priority = 'normal' | 'backlog';

export interface QueueOptions {
  clock: Clock;
  /** Keys of one lane wait for each other, lanes take turns: one hot namespace starves nobody. */
  lane: (key: string) => string;
  /** Called at every change, for metrics. */
  observer?: QueueObserver;
}

/** At most so many keys of each sort are named. */
const MOST_ENTRIES = 50;

export interface QueueEntry {
  /** `namespace/name` of an object. */
  readonly key: string;
  readonly seconds: number;
}

export interface QueueState {
  readonly waiting: number;
  readonly working: number;
  readonly delayed: number;
  /** Those that wait longest, at most 50; `seconds`: for how long. */
  readonly oldestWaiting: readonly QueueEntry[];
  /** Those that a worker has; `seconds`: for how long. */
  readonly underWork: readonly QueueEntry[];
  /** Those that come again later; `seconds`: until then. */
  readonly again: readonly QueueEntry[];
}

export interface QueueObserver {
  added(): void;
  retried(): void;
  taken(waitedMs: number, key: string): void;
  finished(workedMs: number): void;
}

/**
 * The work queue: each key is in it at most once and is worked on by at most one worker; a key that is added while it
 * is being worked on comes again afterwards. client-go's workqueue, with fair lanes and a backlog that yields to news.
 */
export class WorkQueue {
  readonly #options: QueueOptions;
  readonly #lanes: Record<Priority, Lanes> = { normal: new Lanes(), backlog: new Lanes() };
  readonly #since = new Map<string, number>();
  readonly #processing = new Map<string, number>();
  readonly #dirty = new Map<string, Priority>();
  readonly #delayed = new Map<string, { due: number; cancel: () => void }>();
  readonly #waiting: ((key: string | undefined) => void)[] = [];
  #taken = 0;
  #closed = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Keys that wait for a worker now. */
  get depth(): number {
    return this.#since.size;
  }

  /** What is in it, as of now: for people who look for what hangs. */
  state(): QueueState {
    const now = this.#options.clock.now();
    const first = <T>(entries: ReadonlyMap<string, T>, ms: (value: T) => number): QueueEntry[] =>
      [...entries].slice(0, MOST_ENTRIES).map(([key, value]) => ({ key, seconds: ms(value) / 1_000 }));
    return {
      ...{ waiting: this.#since.size, working: this.#processing.size, delayed: this.#delayed.size },
      oldestWaiting: first(this.#since, (since) => now - since),
      underWork: first(this.#processing, (since) => now - since),
      again: first(this.#delayed, ({ due }) => due - now),
    };
  }

  /** Nothing waits, nothing is worked on and nothing is delayed. */
  get idle(): boolean {
    return this.#since.size === 0 && this.#processing.size === 0 && this.#delayed.size === 0;
  }

  /** How long each key under work has been there, ms. */
  workingFor(): number[] {
    const now = this.#options.clock.now();
    return [...this.#processing.values()].map((since) => now - since);
  }

  add(key: string, priority: Priority = 'normal'): void {
    if (this.#closed) return;
    this.#options.observer?.added();
    if (this.#processing.has(key)) {
      if (this.#dirty.get(key) !== 'normal') this.#dirty.set(key, priority);
      return;
    }
    this.#enqueue(key, priority);
  }

  /** Adds the key after `ms`; of two delays the earlier one counts. */
  addAfter(key: string, ms: number): void {
    if (this.#closed) return;
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const due = this.#options.clock.now() + ms;
    const earlier = this.#delayed.get(key);
    if (earlier !== undefined && earlier.due <= due) return;
    earlier?.cancel();
    const cancel = this.#options.clock.after(ms, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { due, cancel });
  }

  /** As `addAfter`, counted as a retry. */
  retryAfter(key: string, ms: number): void {
    this.#options.observer?.retried();
    this.addAfter(key, ms);
  }

  /** The next key, or undefined when the queue was closed. The caller owes `done(key)`. */
  take(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const key = this.#next();
    if (key !== undefined) return Promise.resolve(key);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  done(key: string): void {
    const since = this.#processing.get(key);
    if (since === undefined) return;
    this.#processing.delete(key);
    this.#options.observer?.finished(this.#options.clock.now() - since);
    const priority = this.#dirty.get(key);
    this.#dirty.delete(key);
    if (priority !== undefined && !this.#closed) this.#enqueue(key, priority);
  }

  /** Forgets what waits; who takes gets undefined. */
  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    this.#since.clear();
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
  }

  #enqueue(key: string, priority: Priority): void {
    const lane = this.#options.lane(key);
    if (this.#since.has(key)) {
      if (priority === 'normal' && this.#lanes.backlog.remove(lane, key)) this.#lanes.normal.add(lane, key);
      return;
    }
    this.#since.set(key, this.#options.clock.now());
    this.#lanes[priority].add(lane, key);
    const resolve = this.#waiting.shift();
    if (resolve !== undefined) resolve(this.#next());
  }

  #next(): string | undefined {
    // Every sixteenth comes from the backlog even while news arrive, or a busy cluster would never be caught up with.
    const backlogFirst = ++this.#taken % 16 === 0;
    const { normal, backlog } = this.#lanes;
    const key = backlogFirst ? (backlog.take() ?? normal.take()) : (normal.take() ?? backlog.take());
    if (key === undefined) return undefined;
    const now = this.#options.clock.now();
    this.#options.observer?.taken(now - (this.#since.get(key) ?? now), key);
    this.#since.delete(key);
    this.#processing.set(key, now);
    return key;
  }
}
