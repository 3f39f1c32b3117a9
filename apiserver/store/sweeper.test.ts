import { afterEach, expect, test, vi } from 'vitest';
import { openStore } from './open-store.ts';
import { open, ref } from './samples.contract.ts';
import { StoreUnavailable } from './store.ts';
import { runSweeper, type Swept } from './sweeper.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('sweeps every 10 s, asks about namespaces every 2 min and takes what is old every hour, until it is stopped', async () => {
  await using store = await openStore({ database: { embedded: 'memory' }, clusterId: 'cluster' });
  await open(store, ref('frontend'));
  await open(store, ref('homeless', { namespace: 'gone' }));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const ending = new AbortController();
  let asked = 0;
  let told = 0;
  const left: number[] = [];
  let failing = false;
  let answered = Promise.withResolvers<Swept | unknown>();
  const next = async (): Promise<number> => {
    await answered.promise;
    answered = Promise.withResolvers();
    const since = asked - told;
    told = asked;
    return since;
  };
  const running = runSweeper(store, {
    signal: ending.signal,
    namespaces: {
      resolve: (name) => {
        if (name === 'team-a') asked++;
        if (name === 'gone') return 'missing';
        return { uid: name === 'kube-system' ? 'cluster' : '00000000-0000-4000-8000-000000000001' };
      },
    },
    onSwept: (swept) => {
      left.push(swept.homeless);
      if (failing) throw new StoreUnavailable('away');
      answered.resolve(swept);
    },
    onError: (error) => answered.resolve(error),
  });
  // Of its issues, and at the first sweep of all that is stored: the issue and its watermark.
  const questions = [await next()];
  for (let sweep = 1; sweep <= 12; sweep++) {
    failing = sweep === 5;
    await vi.advanceTimersByTimeAsync(10_000);
    questions.push(await next());
  }
  expect(questions).toEqual([3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  // One answer may be wrong: what is gone leaves when it is gone the next time too.
  expect(left).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  ending.abort();
  await vi.advanceTimersByTimeAsync(10_000);
  await running;
});
