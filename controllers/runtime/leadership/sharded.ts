import { type Shard, shardName } from '../../../crds/shard.ts';
import { pause } from '../clock.ts';
import type { ElectionOptions } from './elected.ts';
import { Holding } from './holding.ts';
import type { Leaders, LeadershipStatus } from './leaders.ts';
import { LeaseLock } from './lease-lock.ts';
import { quotaOf } from './quota.ts';
import type { Tenure } from './tenure.ts';
import { JITTER } from './timing.ts';
import { WakeUp } from './wake-up.ts';

export interface ShardingOptions extends ElectionOptions {
  /** The same for all replicas: 2 to 32. */
  readonly shards: number;
}

/**
 * Every replica leads a fair share of the shards. Each shard has a Lease, so that never two lead it; membership is a Lease
 * too, one of as many places as there are shards, so that each replica can count the others and knows its share. Whoever
 * has more than its share hands a shard over, whoever has less takes those that are free. Nobody decides for others: as
 * long as their views differ a shard may wait, but nobody takes what is held.
 */
export function shardedLeaders(options: ShardingOptions): Leaders {
  return new ShardedLeaders(options);
}

type Lead = (tenure: Tenure) => Promise<void>;

class ShardedLeaders implements Leaders {
  readonly #options: ShardingOptions;
  readonly #wakeUp: WakeUp;
  readonly #places: readonly LeaseLock[];
  readonly #shards: readonly LeaseLock[];
  readonly #holdings = new Map<LeaseLock, Holding>();
  /** Aborts with the fault of a holding that ended by one. */
  readonly #broken = new AbortController();

  constructor(options: ShardingOptions) {
    this.#options = options;
    this.#wakeUp = new WakeUp(options.clock);
    const indexes = Array.from({ length: options.shards }, (_, index) => index);
    const lock = (suffix: string): LeaseLock => new LeaseLock({ ...options, name: `${options.name}-${suffix}` });
    this.#places = indexes.map((index) => lock(`member-${index}`));
    this.#shards = indexes.map((index) => lock(`shard-${shardName({ index, count: options.shards })}`));
    for (const { name } of [...this.#places, ...this.#shards]) options.metrics.master.set({ name }, 0);
  }

  async run(signal: AbortSignal, lead: Lead, warm: Promise<void>): Promise<void> {
    const { clock, times, random } = this.#options;
    const ending = new AbortController();
    const ends = AbortSignal.any([signal, ending.signal, this.#broken.signal]);
    const watching = this.#watch(ends);
    try {
      await Promise.race([warm, pause(clock, times.leaseDurationMs, ends)]);
      while (!ends.aborted) {
        await this.#balance(ends, lead);
        await this.#wakeUp.sleep(times.retryPeriodMs * (1 + JITTER * random()), ends);
      }
      this.#broken.signal.throwIfAborted();
    } finally {
      ending.abort();
      // The place too is given up at once: the others may then take each shard as soon as it is handed over.
      await Promise.allSettled([...this.#holdings.values()].map(({ ended }) => ended));
      await watching;
    }
  }

  status(): LeadershipStatus {
    const { identity } = this.#options;
    const shards = this.#shards.filter((lock) => this.#holdings.has(lock)).map(({ name }) => this.#label(name));
    const leaders = new Set(this.#shards.filter(({ isFree }) => !isFree).map(({ holder }) => holder));
    return { role: shards.length > 0 ? 'leading' : 'standby', identity, leaders: [...leaders], shards };
  }

  get #place(): Holding | undefined {
    return this.#places.map((lock) => this.#holdings.get(lock)).find((holding) => holding !== undefined);
  }

  /** One step towards a fair share: as seen now, and corrected at the next. */
  async #balance(ends: AbortSignal, lead: Lead): Promise<void> {
    if (this.#place === undefined) await this.#takePlace(ends);
    const held = this.#shards.flatMap((lock) => this.#holdings.get(lock) ?? []);
    const quota = this.#quota();
    const kept = held.filter(({ isReleasing }) => !isReleasing);
    for (const surplus of kept.slice(quota)) surplus.release();
    // In an order of its own, so that not all begin with the same one.
    const free = this.#shards.filter((lock) => lock.isFree && !this.#holdings.has(lock));
    const from = Math.floor(this.#options.random() * free.length);
    let missing = quota - kept.length;
    for (const lock of [...free.slice(from), ...free.slice(0, from)]) {
      if (missing <= 0 || ends.aborted) return;
      if (!(await lock.tryAcquireOrRenew(ends))) continue;
      this.#hold(lock, ends, lead, { index: this.#shards.indexOf(lock), count: this.#shards.length });
      missing--;
    }
  }

  /** Without a place none: the others do not count this process. */
  #quota(): number {
    const members = this.#places.filter((lock) => this.#holdings.has(lock) || !lock.isFree);
    const rank = members.findIndex((lock) => this.#holdings.has(lock));
    return rank < 0 ? 0 : quotaOf(rank, members.length, this.#shards.length);
  }

  async #takePlace(ends: AbortSignal): Promise<void> {
    for (const lock of this.#places) {
      if (ends.aborted) return;
      if (!lock.isFree || !(await lock.tryAcquireOrRenew(ends))) continue;
      this.#hold(lock, ends, async (tenure) => {
        if (!tenure.ends.aborted) await new Promise((resolve) => tenure.ends.addEventListener('abort', resolve));
      });
      return;
    }
  }

  #hold(lock: LeaseLock, ends: AbortSignal, lead: Lead, shard?: Shard): void {
    const { logger, identity } = this.#options;
    const what = { lease: lock.name, identity };
    const holding = new Holding(lock, { ...this.#options, ...(shard !== undefined && { shard }) }, ends, lead);
    this.#holdings.set(lock, holding);
    if (shard !== undefined) logger.info(what, 'leading a shard');
    holding.ended
      .catch((error: unknown) => this.#broken.abort(error))
      .finally(() => {
        this.#holdings.delete(lock);
        if (shard !== undefined) logger.info(what, 'leading this shard no longer');
        this.#wakeUp.ring();
      });
  }

  async #watch(ends: AbortSignal): Promise<void> {
    const locks = new Map([...this.#places, ...this.#shards].map((lock) => [lock.name, lock]));
    for await (const { name, lease } of this.#options.store.watch(ends)) {
      const lock = locks.get(name);
      if (lock === undefined) continue;
      const before = lock.isFree;
      lock.observe(lease);
      // A renewal changes nothing; what was released is to be taken, and a new member to be counted.
      if (lock.isFree || before) this.#wakeUp.ring();
    }
  }

  /** `3-of-8` of its Lease. */
  #label(name: string): string {
    return name.slice(this.#options.name.length + '-shard-'.length);
  }
}
