import { expect, test } from 'vitest';
import { type LeaseChange, type LeaseRecord, type LeaseStore, microTime } from './lease.ts';

/** What every store of Leases does. `prefix` keeps the names of one run apart. */
export function leaseStoreContract(get: () => LeaseStore, prefix = 'contract'): void {
  const { signal } = new AbortController();
  const at = microTime(Date.parse('2026-11-21T08:00:00Z'));
  const record = (holderIdentity: string, leaseTransitions = 0): LeaseRecord => ({
    ...{ holderIdentity, leaseDurationSeconds: 15, acquireTime: at, renewTime: at, leaseTransitions },
  });

  test('a lease that nobody made is not there', async () => {
    expect(await get().get(`${prefix}-missing`, signal)).toBeUndefined();
  });

  test('what was created is read again, and is created once', async () => {
    const name = `${prefix}-create`;
    const created = await get().create(name, record('a'), signal);
    expect(created).toMatchObject({ name, record: record('a') });
    expect(await get().get(name, signal)).toEqual(created);
    expect(await get().create(name, record('b'), signal)).toBeUndefined();
    expect((await get().get(name, signal))?.record.holderIdentity).toBe('a');
  });

  test('an update is conditional on what was read', async () => {
    const name = `${prefix}-update`;
    const created = await get().create(name, record('a'), signal);
    if (created === undefined) throw new Error('not created');
    const updated = await get().update(created, record('b', 1), signal);
    expect(updated?.record).toEqual(record('b', 1));
    expect(updated?.version).not.toBe(created.version);
    expect(await get().update(created, record('c', 2), signal)).toBeUndefined();
    expect(await get().get(name, signal)).toEqual(updated);
  });

  test('a released lease has no holder', async () => {
    const name = `${prefix}-release`;
    const created = await get().create(name, record('a'), signal);
    if (created === undefined) throw new Error('not created');
    expect((await get().update(created, record(''), signal))?.record.holderIdentity).toBe('');
    expect((await get().get(name, signal))?.record.holderIdentity).toBe('');
  });

  test('a watch tells what there is and what changes, until its signal aborts', async () => {
    const [before, after] = [`${prefix}-watch-1`, `${prefix}-watch-2`];
    const created = await get().create(before, record('a'), signal);
    if (created === undefined) throw new Error('not created');
    const stop = new AbortController();
    const changes = get().watch(stop.signal)[Symbol.asyncIterator]();
    const until = async (name: string, holder: string): Promise<LeaseChange> => {
      for (;;) {
        const next = await changes.next();
        if (next.done) throw new Error('the watch has ended');
        if (next.value.name === name && next.value.lease?.record.holderIdentity === holder) return next.value;
      }
    };
    expect((await until(before, 'a')).lease).toEqual(created);
    await get().update(created, record(''), signal);
    await until(before, '');
    await get().create(after, record('b'), signal);
    await until(after, 'b');
    stop.abort();
    expect((await changes.next()).done).toBe(true);
  });
}
