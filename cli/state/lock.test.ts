import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock, StateInUse } from './lock.ts';
import { type Processes, systemProcesses } from './processes.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A machine on which exactly these processes live: pid → start time. */
function machine(pid: number, living: Record<number, string>, now = () => 0): Processes {
  return { pid, startOf: async (other) => living[other], now, wait: async () => {} };
}
const leave = (holder: object | string) =>
  writeFile(join(folder, 'lock'), typeof holder === 'string' ? holder : JSON.stringify(holder));

describe('acquireLock', () => {
  it('names its holder and is gone after it is released', async () => {
    const lock = await acquireLock(folder, machine(7, { 7: 'monday' }));
    expect(JSON.parse(await readFile(lock.path, 'utf8'))).toMatchObject({ pid: 7, started: 'monday' });
    await lock[Symbol.asyncDispose]();
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses a second holder while the first lives, in one line that says what to do', async () => {
    await using _ = await acquireLock(folder, machine(7, { 7: 'monday', 8: 'monday' }));
    const refused = acquireLock(folder, machine(8, { 7: 'monday', 8: 'monday' }));
    await expect(refused).rejects.toThrow(StateInUse);
    await expect(refused).rejects.toThrow(
      /^.* is in use by faultline with pid 7: stop it \(kill 7\), or .*--state-dir$/,
    );
  });

  it('takes over from a holder that is dead', async () => {
    await leave({ pid: 7, started: 'monday', token: 'dead' });
    await using lock = await acquireLock(folder, machine(8, { 8: 'tuesday' }));
    expect(JSON.parse(await readFile(lock.path, 'utf8'))).toMatchObject({ pid: 8 });
    expect(await readdir(folder)).toEqual(['lock']);
  });

  it('takes over when the pid of the holder now belongs to another program', async () => {
    await leave({ pid: 7, started: 'monday', token: 'dead' });
    await using lock = await acquireLock(folder, machine(8, { 7: 'tuesday', 8: 'tuesday' }));
    expect(JSON.parse(await readFile(lock.path, 'utf8'))).toMatchObject({ pid: 8 });
  });

  it('believes a pid whose start time nobody can tell', async () => {
    await leave({ pid: 7, started: '', token: 'unknown' });
    await expect(acquireLock(folder, machine(8, { 7: '', 8: '' }))).rejects.toThrow(StateInUse);
  });

  it('lets exactly one of many take over from a dead holder', async () => {
    const living = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [100 + index, 'now']));
    for (let round = 0; round < 20; round++) {
      await leave({ pid: 7, started: 'monday', token: `dead-${round}` });
      const results = await Promise.allSettled(
        Object.keys(living).map((pid) => acquireLock(folder, machine(Number(pid), living))),
      );
      const winners = results.filter((result) => result.status === 'fulfilled');
      expect(winners).toHaveLength(1);
      for (const { reason } of results.filter((result) => result.status === 'rejected')) {
        expect(reason).toBeInstanceOf(StateInUse);
      }
      for (const { value } of winners) await value[Symbol.asyncDispose]();
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it('takes over when the one who was taking over died too', async () => {
    await leave({ pid: 7, started: 'monday', token: 'first' });
    await writeFile(join(folder, 'lock.first'), JSON.stringify({ pid: 8, started: 'monday', token: 'second' }));
    await using lock = await acquireLock(folder, machine(9, { 9: 'tuesday' }));
    expect(JSON.parse(await readFile(lock.path, 'utf8'))).toMatchObject({ pid: 9 });
    expect(await readdir(folder)).toEqual(['lock']);
  });

  it('waits for a lock that is just being written and takes one that stayed empty', async () => {
    await leave('');
    await utimes(join(folder, 'lock'), new Date(10_000), new Date(10_000));
    let now = 10_000;
    const wait = async () => {
      now += 500;
    };
    const processes = { ...machine(8, { 8: 'now' }, () => now), wait };
    await using lock = await acquireLock(folder, processes);
    expect(now).toBe(12_000);
    expect(JSON.parse(await readFile(lock.path, 'utf8'))).toMatchObject({ pid: 8 });
  });

  it('releases nothing that belongs to another', async () => {
    const lock = await acquireLock(folder, machine(7, { 7: 'monday' }));
    await leave({ pid: 9, started: 'tuesday', token: 'other' });
    await lock[Symbol.asyncDispose]();
    expect(await readdir(folder)).toEqual(['lock']);
  });
});

describe('systemProcesses', () => {
  it('tells that this process lives, always with the same start, and that an impossible pid does not', async () => {
    const started = await systemProcesses.startOf(process.pid);
    expect(started).toBeDefined();
    expect(await systemProcesses.startOf(process.pid)).toBe(started);
    expect(await systemProcesses.startOf(2 ** 30)).toBeUndefined();
  });
});
