import { pause } from '../clock.ts';
import type { Leaders } from './leaders.ts';
import type { LeaseStore } from './lease.ts';
import { LeaseLock } from './lease-lock.ts';
import { holdLease, type TenureOptions } from './tenure.ts';
import { JITTER } from './timing.ts';
import { WakeUp } from './wake-up.ts';

export interface ElectionOptions extends TenureOptions {
  /** Of the Lease: what all replicas have in common. */
  readonly name: string;
  /** Of this process; no two may have the same. */
  readonly identity: string;
  readonly store: LeaseStore;
  readonly random: () => number;
}

/** One of all replicas leads everything; the others stand by and take over when its Lease is released or ends. */
export function electedLeaders(options: ElectionOptions): Leaders {
  const { name, identity, store, clock, logger, metrics, times, random } = options;
  const lock = new LeaseLock(options);
  const wakeUp = new WakeUp(clock);
  let leading = false;
  metrics.master.set({ name }, 0);
  metrics.slowPath.inc({ name }, 0);

  /** False when the signal aborts first. */
  const acquire = async (signal: AbortSignal): Promise<boolean> => {
    let said: string | undefined;
    while (!signal.aborted) {
      if (await lock.tryAcquireOrRenew(signal)) return true;
      if (said !== lock.holder && lock.holder !== '') {
        logger.info({ lease: name, identity, leader: lock.holder }, 'standing by: another process leads');
        said = lock.holder;
      }
      await wakeUp.sleep(times.retryPeriodMs * (1 + JITTER * random()), signal);
    }
    return false;
  };

  /** A released lease is taken at once, not at the next attempt. */
  const watch = async (signal: AbortSignal): Promise<void> => {
    for await (const change of store.watch(signal)) {
      if (change.name !== name) continue;
      lock.observe(change.lease);
      if (lock.isFree) wakeUp.ring();
    }
  };

  return {
    async run(signal, lead, warm) {
      const watching = watch(signal);
      await Promise.race([warm, pause(clock, times.leaseDurationMs, signal)]);
      while (await acquire(signal)) {
        leading = true;
        logger.info({ lease: name, identity }, 'leading');
        await holdLease(lock, options, signal, lead).finally(() => {
          leading = false;
        });
      }
      await watching;
    },
    status: () => ({
      role: leading ? 'leading' : 'standby',
      identity,
      leaders: lock.holder === '' ? [] : [lock.holder],
    }),
  };
}
