import { expect, it } from 'vitest';
import { fuzz } from './run.ts';
import { startFuzzWorld } from './world.ts';

/**
 * Bad input that nobody thought of. FAULTLINE_FUZZ_SEED repeats a run, FAULTLINE_FUZZ_COUNT makes it longer: the soak
 * beside this file sends 60,000 (`npm run soak`).
 */
const seed = Number(process.env.FAULTLINE_FUZZ_SEED ?? Math.trunc(Math.random() * 2 ** 31));
const count = Number(process.env.FAULTLINE_FUZZ_COUNT ?? 5_000);

it(`E1 E2 no generated request gets an undeclared 5xx, a failure that is no Status, or a byte of a foreign namespace (seed ${seed})`, async () => {
  await using world = await startFuzzWorld();
  const { findings, statuses, heap } = await fuzz(world, { seed, count });
  console.log(
    `${count} requests, FAULTLINE_FUZZ_SEED=${seed}: ${JSON.stringify(statuses)}, heap ${mib(heap.warm)} → ${mib(heap.end)} MiB`,
  );
  expect(findings.slice(0, 20).map(({ what, asked }) => `${what}: ${JSON.stringify(asked).slice(0, 600)}`)).toEqual([]);
  expect(world.errors()).toEqual([]);
  expect(world.watches()).toBe(0);
  expect(heap.end - heap.warm).toBeLessThan(64 * 1024 * 1024);
  // It would prove nothing if everything were refused at the door.
  for (const status of ['200', '400', '403', '404', '405', '406', '422']) expect(statuses[status]).toBeGreaterThan(0);
}, 3_600_000);

function mib(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
