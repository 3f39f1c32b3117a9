import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Installation, startInstallation } from './installation.ts';
import { runSeed } from './run-seed.ts';

/**
 * Many seeds against one installation, each with its own namespace and its own faults. FAULTLINE_FAULTS_SEED is the first
 * (default 1), FAULTLINE_FAULTS_SEEDS how many (default 30); the soak beside this file runs 1,000.
 */
const first = Number(process.env.FAULTLINE_FAULTS_SEED ?? 1);
const count = Number(process.env.FAULTLINE_FAULTS_SEEDS ?? 30);

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation();
});
afterAll(() => installation?.[Symbol.asyncDispose]());

test.for(Array.from({ length: count }, (_, index) => first + index))(
  'seed %i: whatever breaks, every acknowledged report is in once, and every watcher ends up with the list',
  async (seed) => {
    const size = { owned: 60, contested: 8, reports: 6 };
    expect(await runSeed(installation, { seed, size, faults: 1 + (seed % 2), pace: 350 })).toBe('');
  },
);
