import { expect, test } from 'vitest';
import { ManualClock } from '../../controllers/testing/manual-clock.ts';
import { type ProcessMemory, processMemory, returnIdleMemory } from './idle-memory.ts';

const MB = 1024 * 1024;

class Memory implements ProcessMemory {
  residentMB = 200;
  utilization = 0;
  compactions = 0;

  resident(): number {
    return this.residentMB * MB;
  }

  busy(): number {
    return this.utilization;
  }

  compact(): void {
    this.compactions++;
    this.residentMB = 150;
  }
}

async function after5Seconds(memory: Memory, times: readonly Partial<Pick<Memory, 'residentMB' | 'utilization'>>[]) {
  const clock = new ManualClock();
  const ending = new AbortController();
  const running = returnIdleMemory(memory, clock, ending.signal);
  const compactions: number[] = [];
  for (const state of times) {
    Object.assign(memory, state);
    await clock.advance(5_000);
    compactions.push(memory.compactions);
  }
  ending.abort();
  await running;
  return compactions;
}

test('a process that was quiet for 5 s gives back what its start or a burst left behind', async () => {
  expect(await after5Seconds(new Memory(), [{}, {}, { residentMB: 260 }, {}])).toEqual([1, 1, 2, 2]);
});

test('a busy process is not stopped', async () => {
  const busy = { utilization: 0.06 };
  expect(await after5Seconds(new Memory(), [busy, busy, { utilization: 0.01 }])).toEqual([0, 0, 1]);
});

test('a process that has hardly grown is not stopped again', async () => {
  expect(await after5Seconds(new Memory(), [{}, { residentMB: 181 }, { residentMB: 182 }])).toEqual([1, 1, 2]);
});

test('of this process: the collection is real, without --expose-gc', async () => {
  expect(globalThis.gc).toBeUndefined();
  const memory = processMemory();
  const garbage = new WeakRef({ kept: Buffer.alloc(1_000) });
  // A WeakRef holds its target until the turn of the event loop that made it has ended.
  await new Promise(setImmediate);
  memory.compact();
  expect(garbage.deref()).toBeUndefined();
  expect(memory.resident()).toBeGreaterThan(10 * MB);
  expect(memory.busy()).toBeGreaterThanOrEqual(0);
});
