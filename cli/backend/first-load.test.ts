import { afterEach, describe, expect, test, vi } from 'vitest';
import type { WatchCache } from '../../apiserver/kube/index.ts';
import type { SqlStore } from '../../apiserver/store/sql-store.ts';
import { FirstLoad, runWhenOpened } from './first-load.ts';

const STORE = {} as SqlStore;

/** A Kubernetes API whose issues are loaded when the test says so. */
function kubeApi() {
  const listeners = new Set<() => void>();
  const state = { synced: false };
  const cache = {
    get synced() {
      return state.synced;
    },
    onAdvance(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  } as unknown as WatchCache;
  const advance = (synced: boolean): void => {
    state.synced = synced;
    for (const listener of [...listeners]) listener();
  };
  return { start: vi.fn(), cache: () => cache, advance, listeners };
}

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  const nothing = Symbol('nothing');
  await new Promise(setImmediate);
  return (await Promise.race([promise.catch(() => 'rejected'), Promise.resolve(nothing)])) !== nothing;
};

describe('the first load', () => {
  afterEach(() => void vi.useRealTimers());

  test('reads the change log once the database was reached, at once then', async () => {
    const { promise: opened, resolve } = Promise.withResolvers<SqlStore>();
    const kube = kubeApi();
    new FirstLoad({ opened }).follow({ opened }, kube);
    await new Promise(setImmediate);
    expect(kube.start).not.toHaveBeenCalled();
    resolve(STORE);
    await opened;
    expect(kube.start).toHaveBeenCalledOnce();
  });

  test('lets those who follow the log begin when issues are served, and not when the database was reached', async () => {
    const opened = Promise.resolve(STORE);
    const kube = kubeApi();
    const first = new FirstLoad({ opened });
    first.follow({ opened }, kube);
    kube.advance(false);
    expect(await settled(first.opened)).toBe(false);
    kube.advance(true);
    expect(await first.opened).toBe(STORE);
    expect(kube.listeners.size).toBe(0);
  });

  test('keeps nobody waiting for more than a minute', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const opened = Promise.resolve(STORE);
    const first = new FirstLoad({ opened });
    first.follow({ opened }, kubeApi());
    await opened;
    vi.advanceTimersByTime(59_999);
    expect(await settled(first.opened)).toBe(false);
    vi.advanceTimersByTime(1);
    expect(await first.opened).toBe(STORE);
  });

  test('never comes where the database can never be used', async () => {
    const opened = Promise.reject(new Error('of another cluster'));
    const kube = kubeApi();
    const first = new FirstLoad({ opened });
    first.follow({ opened }, kube);
    await expect(first.opened).rejects.toThrow('of another cluster');
    expect(kube.start).not.toHaveBeenCalled();
  });
});

describe('what runs when there is a store', () => {
  test('ends when it is disposed of, which waits for it', async () => {
    const began = Promise.withResolvers<AbortSignal>();
    const over = Promise.withResolvers<void>();
    const running = runWhenOpened({ opened: Promise.resolve(STORE) }, (_, signal) => {
      began.resolve(signal);
      return over.promise;
    });
    const signal = await began.promise;
    const disposed = running[Symbol.asyncDispose]();
    expect(signal.aborted).toBe(true);
    expect(await settled(Promise.resolve(disposed))).toBe(false);
    over.resolve();
    await disposed;
  });

  test('holds nobody up whose database was never reached, and does not begin later', async () => {
    const { promise: opened, resolve } = Promise.withResolvers<SqlStore>();
    const run = vi.fn();
    await runWhenOpened({ opened }, run)[Symbol.asyncDispose]();
    resolve(STORE);
    await new Promise(setImmediate);
    expect(run).not.toHaveBeenCalled();
  });
});
