import { causeOf } from '../backend.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { ElectionMetrics } from './election-metrics.ts';
import { type LeaseRecord, type LeaseStore, microTime, type StoredLease } from './lease.ts';
import { type ElectionTimes, within } from './timing.ts';

export interface LeaseLockOptions {
  readonly name: string;
  /** Of this process; no two may have the same. */
  readonly identity: string;
  readonly store: LeaseStore;
  readonly times: ElectionTimes;
  /** Steady: see `steadyClock`. */
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ElectionMetrics;
}

/**
 * One Lease as one process sees it, with client-go's rules (`tools/leaderelection`): whether somebody else's lease has
 * ended is decided by when this process saw its record change, on its own clock, so that clocks need not agree; how long it
 * lasts is what its holder wrote.
 */
export class LeaseLock {
  readonly name: string;
  readonly #options: LeaseLockOptions;
  #observed: StoredLease | undefined;
  #observedAt = Number.NEGATIVE_INFINITY;
  /** When the request of the last renewal that succeeded was sent: its answer says nothing about later. */
  #renewedAt = Number.NEGATIVE_INFINITY;
  #complained = '';

  constructor(options: LeaseLockOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Who held it when it was last seen; empty when nobody did. */
  get holder(): string {
    return this.#observed?.record.holderIdentity ?? '';
  }

  /** As far as is known nobody holds it: it is not there, was released, or its holder was silent for too long. */
  get isFree(): boolean {
    return this.holder === '' || !this.#isValid();
  }

  get isMine(): boolean {
    return this.holder === this.#options.identity;
  }

  /** Until when what the lease protects may go on, ms of the clock. */
  get deadline(): number {
    return this.#renewedAt + this.#options.times.renewDeadlineMs;
  }

  /** What a watch told. Not believed about a lease of one's own: it may be late. */
  observe(lease: StoredLease | undefined): void {
    if (this.#options.clock.now() >= this.deadline) this.#see(lease);
  }

  /** True when this process holds the lease afterwards. Never rejects. */
  async tryAcquireOrRenew(signal: AbortSignal): Promise<boolean> {
    const { clock, times } = this.#options;
    using attempt = within(clock, times.renewDeadlineMs / 2, signal);
    const startedAt = clock.now();
    try {
      if (!(await this.#write(attempt.signal))) return false;
      this.#renewedAt = startedAt;
      this.#complained = '';
      return true;
    } catch (error) {
      if (!signal.aborted) this.#complain(error);
      return false;
    }
  }

  /** Lets go of a lease that this process holds, so that others need not wait for its end. Never rejects. */
  async release(signal: AbortSignal): Promise<void> {
    const { store, clock, identity, name, logger } = this.#options;
    this.#renewedAt = Number.NEGATIVE_INFINITY;
    try {
      for (let read = this.#observed; read?.record.holderIdentity === identity; read = await store.get(name, signal)) {
        const now = microTime(clock.now());
        const released = { holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now };
        const written = await store.update(read, { ...read.record, ...released }, signal);
        if (written !== undefined) return this.#see(written);
      }
    } catch (error) {
      logger.warn({ lease: name, error: causeOf(error) }, 'the lease could not be released: it ends by itself');
    }
  }

  async #write(signal: AbortSignal): Promise<boolean> {
    const { store, name, identity, metrics } = this.#options;
    // The usual case of a holder: one conditional request, on what was written last.
    if (this.#observed !== undefined && this.isMine && this.#isValid()) {
      const written = await store.update(this.#observed, this.#record(this.#observed), signal).catch(() => undefined);
      if (written !== undefined) return this.#taken(written);
      signal.throwIfAborted();
    }
    const found = await store.get(name, signal);
    if (found === undefined) {
      this.#see(undefined);
      return this.#taken(await store.create(name, this.#record(undefined), signal));
    }
    this.#see(found);
    if (!this.isMine && !this.isFree) return false;
    if (found.record.holderIdentity === identity) metrics.slowPath.inc({ name });
    return this.#taken(await store.update(found, this.#record(found), signal));
  }

  #taken(written: StoredLease | undefined): boolean {
    if (written === undefined) return false;
    this.#see(written);
    return true;
  }

  #record(before: StoredLease | undefined): LeaseRecord {
    const { identity, times, clock } = this.#options;
    const now = microTime(clock.now());
    const keeps = before?.record.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.round(times.leaseDurationMs / 1_000),
      acquireTime: keeps ? before.record.acquireTime : now,
      renewTime: now,
      leaseTransitions: before === undefined ? 0 : before.record.leaseTransitions + (keeps ? 0 : 1),
    };
  }

  #see(lease: StoredLease | undefined): void {
    if (lease?.version === this.#observed?.version && lease !== undefined) return;
    this.#observed = lease;
    this.#observedAt = this.#options.clock.now();
  }

  #isValid(): boolean {
    const seconds = this.#observed?.record.leaseDurationSeconds ?? 0;
    return this.#observedAt + seconds * 1_000 > this.#options.clock.now();
  }

  /** One line a change of cause, not one a try. */
  #complain(error: unknown): void {
    const cause = causeOf(error);
    if (cause !== this.#complained) {
      this.#options.logger.warn({ lease: this.name, error: cause }, 'the lease cannot be acquired or renewed');
    }
    this.#complained = cause;
  }
}
