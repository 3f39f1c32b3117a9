import { setTimeout as wait } from 'node:timers/promises';
import { type ClusterApi, ClusterApiError } from './cluster-api.ts';

export interface RetryOptions {
  /** Between tries, ms, each up to a fifth longer; one try more than there are pauses. Default: 500, 750, 1,125, 1,687. */
  readonly backoffMs?: readonly number[];
  readonly sleep?: (ms: number) => Promise<unknown>;
}

/** `webhook.DefaultRetryBackoffWithInitialDelay(500 ms)` of k8s.io/apiserver (A11). */
const BACKOFF_MS = [500, 750, 1125, 1687];
const JITTER = 0.2;

/** Posts a review, again while the cluster is away or busy. Rejects with the last error. */
export async function postReview(
  api: ClusterApi,
  path: string,
  body: unknown,
  { backoffMs = BACKOFF_MS, sleep = wait }: RetryOptions,
): Promise<unknown> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await api.post(path, body);
    } catch (error) {
      const pause = backoffMs[attempt];
      const retriable = error instanceof ClusterApiError && error.retriable;
      if (!retriable || pause === undefined) throw error;
      await sleep(pause * (1 + Math.random() * JITTER));
    }
  }
}
