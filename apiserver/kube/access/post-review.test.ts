import { once } from 'node:events';
import { expect, it } from 'vitest';
import { type ClusterApi, ClusterApiError, type RequestOptions } from './cluster-api.ts';
import { postReview } from './post-review.ts';

const away = new ClusterApiError('no answer', undefined);
const noGet = () => Promise.reject(new Error('nobody gets'));

it('A11 all tries together have one deadline, which ends the one that is under way', async () => {
  let tries = 0;
  const hanging: ClusterApi = {
    get: noGet,
    async post(_path: string, _body: unknown, { signal }: RequestOptions = {}) {
      tries++;
      await once(signal as AbortSignal, 'abort');
      throw away;
    },
  };
  await expect(postReview(hanging, '/r', {}, { deadlineMs: 10, backoffMs: [0, 0] })).rejects.toBe(away);
  expect(tries).toBe(1);
});

it('A11 the deadline ends a pause between tries too', async () => {
  let tries = 0;
  const failing: ClusterApi = {
    get: noGet,
    async post() {
      tries++;
      throw away;
    },
  };
  await expect(postReview(failing, '/r', {}, { deadlineMs: 10, backoffMs: [2 ** 30] })).rejects.toBe(away);
  expect(tries).toBe(1);
});
