import { setTimeout as wait } from 'node:timers/promises';
import { type ClusterApi, ClusterApiError } from './cluster-api.ts';

export interface RetryOptions {
  /** Between tries, ms, each up to a fifth longer; one try more than there are pauses. Default: 500, 750, 1,125, 1,687. */
  readonly backoffMs?: readonly number[];
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** Of all tries together, ms. Default: 10,000. */
  readonly deadlineMs?: number;
}

/** `webhook.DefaultRetryBackoffWithInitialDelay(500 ms)` of k8s.io/apiserver (A11). */
const BACKOFF_MS = [500, 750, 1125, 1687];
const JITTER = 0.2;

/** Sooner when the signal is aborted. */
const pause = (ms: number, signal: AbortSignal) => wait(ms, undefined, { signal }).catch(() => undefined);

/** Posts a review, again while the cluster is away or busy and there is time. Rejects with the last error. */
export async function postReview(
  api: ClusterApi,
  path: string,
  body: unknown,
  { backoffMs = BACKOFF_MS, sleep = pause, deadlineMs = 10_000 }: RetryOptions,
): Promise<unknown> {
  const signal = AbortSignal.timeout(deadlineMs);
  for (let attempt = 0; ; attempt++) {
    try {
      return await api.post(path, body, { signal });
    } catch (error) {
      const delay = backoffMs[attempt];
      const retriable = error instanceof ClusterApiError && error.retriable;
      if (!retriable || delay === undefined || signal.aborted) throw error;
      await sleep(delay * (1 + Math.random() * JITTER), signal);
      if (signal.aborted) throw error;
    }
  }
}
