import type { Shard } from '../../../crds/shard.ts';
import { type Clock, pause } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { ElectionMetrics } from './election-metrics.ts';
import type { LeaseLock } from './lease-lock.ts';
import { type ElectionTimes, within } from './timing.ts';

/** The time in which this process leads (one shard): what may be done in it, and how it ends. */
export interface Tenure {
  /** Undefined: everything. */
  readonly shard?: Shard;
  /** Somebody else may have led until now. False without an election. */
  readonly elected: boolean;
  /** Aborts when looking must stop: the lease is to be handed over, or is lost. */
  readonly ends: AbortSignal;
  /** Aborts when nothing may be sent any more, before anybody else can begin. Not in a handover. */
  readonly lost: AbortSignal;
  /** Whether something may be sent at this moment. Asked before each request: timers of a stopped process are late. */
  holds(): boolean;
}

export interface TenureOptions {
  readonly times: ElectionTimes;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ElectionMetrics;
}

/** A release that takes longer is given up: the lease ends by itself. */
const RELEASE_MS = 500;

/**
 * Leads while the lease is renewed: until `stop` aborts (then `lead` winds up, and the lease is released) or the lease is
 * lost. `lead` resolves some time after `tenure.ends`. Rejects with what `lead` rejects with, the lease released.
 */
export async function holdLease(
  lock: LeaseLock,
  options: TenureOptions & { readonly shard?: Shard },
  stop: AbortSignal,
  lead: (tenure: Tenure) => Promise<void>,
): Promise<void> {
  const { clock, metrics, shard } = options;
  const lost = new AbortController();
  const done = new AbortController();
  const tenure: Tenure = {
    elected: true,
    ...(shard !== undefined && { shard }),
    ends: AbortSignal.any([stop, lost.signal]),
    lost: lost.signal,
    holds: () => !lost.signal.aborted && clock.now() < lock.deadline,
  };
  metrics.master.set({ name: lock.name }, 1);
  const renewing = renew(lock, options, lost, done.signal);
  try {
    await lead(tenure);
  } finally {
    done.abort();
    await renewing;
    metrics.master.set({ name: lock.name }, 0);
    if (!lost.signal.aborted) {
      using limit = within(clock, RELEASE_MS);
      await lock.release(limit.signal);
    }
  }
}

/** Renews until `done` aborts; aborts `lost` when somebody else holds the lease or the deadline passes. */
async function renew(lock: LeaseLock, options: TenureOptions, lost: AbortController, done: AbortSignal): Promise<void> {
  const { times, clock, logger } = options;
  const over = AbortSignal.any([lost.signal, done]);
  const lose = (message: string): void => {
    if (over.aborted) return;
    lost.abort();
    logger.warn({ lease: lock.name, holder: lock.holder }, message);
  };
  let cancel = (): void => {};
  // A timer of its own: an attempt that gets no answer must not outlast the deadline.
  const watchDeadline = (): void => {
    cancel();
    cancel = clock.after(Math.max(0, lock.deadline - clock.now()), () => lose('the lease was not renewed in time'));
  };
  watchDeadline();
  try {
    while (!over.aborted) {
      await pause(clock, times.retryPeriodMs, over);
      if (over.aborted) return;
      if (await lock.tryAcquireOrRenew(over)) watchDeadline();
      else if (!lock.isMine) lose('another process holds the lease');
    }
  } finally {
    cancel();
  }
}
