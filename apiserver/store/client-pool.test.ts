import { EventEmitter } from 'node:events';
import type pg from 'pg';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { clientPool } from './client-pool.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Clients without a database: `connect` is what happens when one connects. */
function pool(connect: () => Promise<void> = async () => {}, max = 2) {
  const open = async () => Object.assign(new EventEmitter(), { connect, end: async () => {} }) as unknown as pg.Client;
  return clientPool({ max, acquireTimeoutMs: 5_000, open });
}

/** The message, once this much time went by. */
async function refusal(asked: Promise<unknown>, after = 0): Promise<string> {
  const message = asked.then(
    () => 'lent',
    (error: Error) => error.message,
  );
  const waits = new Promise<string>((resolve) => setTimeout(resolve, after + 1, 'waits'));
  await vi.advanceTimersByTimeAsync(after + 1);
  return await Promise.race([message, waits]);
}

test('a closed pool refuses at once', async () => {
  const closed = pool();
  await closed.end();
  expect(await refusal(closed.acquire())).toBe('the pool is closed');
});

test('a pool that closes refuses at once while it waits for what is lent, and whoever waited is told the same', async () => {
  const closing = pool(undefined, 1);
  const lent = await closing.acquire();
  const waiting = closing.acquire().catch((error: Error) => error.message);
  const ended = closing.end();
  expect(await refusal(closing.acquire())).toBe('the pool is closed');
  await closing.release(lent);
  await ended;
  expect(await waiting).toBe('the pool is closed');
});

test('a full pool says that it is full', async () => {
  const full = pool();
  const lent = [await full.acquire(), await full.acquire()];
  expect(await refusal(full.acquire(), 5_000)).toBe('no connection became free within 5 s (2 of 2 in use)');
  await full.release(lent[0]);
  expect(await refusal(full.acquire())).toBe('lent');
});

test('a pool whose connections are not answered says that they are being opened', async () => {
  const slow = pool(() => new Promise(() => {}));
  expect(await refusal(slow.acquire(), 5_000)).toBe(
    'no connection became free within 5 s (0 of 2 in use, 1 being opened)',
  );
});

test('why no connection could be opened is told to whoever asked, also to one that went on waiting for another', async () => {
  const refused = Object.assign(new Error('password authentication failed'), { code: '28P01' });
  const opening: ((error: Error) => void)[] = [];
  const broken = pool(() => new Promise((_, reject) => void opening.push(reject)));
  const asked = [broken.acquire(), broken.acquire()].map((one) => one.catch((error: unknown) => error));
  await vi.advanceTimersByTimeAsync(1);
  opening[1]?.(refused);
  await vi.advanceTimersByTimeAsync(1);
  expect(await asked[0]).toBe(refused);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await asked[1]).toBe(refused);
});
