import type { Clock } from '../clock.ts';

/** The times of an election, ms: those of client-go, with its defaults. */
export interface ElectionTimes {
  /** How long others wait after the last renewal that they saw before they take over. Default 15 s; whole seconds. */
  readonly leaseDurationMs: number;
  /** How long after its last renewal a leader goes on; then it has stopped everything. Default 10 s. */
  readonly renewDeadlineMs: number;
  /** Between two renewals, and at least between two attempts of a standby. Default 2 s. */
  readonly retryPeriodMs: number;
}

export const DEFAULT_TIMES: ElectionTimes = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };

/** A standby waits up to so much longer than the retry period, so that a hundred of them do not ask at once. */
export const JITTER = 1.2;

/** The machine's clock without its corrections: a step of the time of day must neither end nor prolong a lease. */
export const steadyClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};

/** Aborts after `ms`, or with one of the signals. Dispose it: its timer would keep the process alive. */
export function within(
  clock: Clock,
  ms: number,
  ...signals: readonly AbortSignal[]
): { readonly signal: AbortSignal } & Disposable {
  const late = new AbortController();
  const cancel = clock.after(ms, () => late.abort(new Error(`no answer within ${Math.round(ms)} ms`)));
  return { signal: AbortSignal.any([late.signal, ...signals]), [Symbol.dispose]: cancel };
}
