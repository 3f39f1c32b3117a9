import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Installation } from '../e2e/installation.ts';
import { startInstallation } from './installation.ts';
import { runChaos } from './run-chaos.ts';

/**
 * 10,000 object changes on 5 kinds under 44 faults of every sort, for each seed (`npm run chaos`). FAULTLINE_CHAOS_SEED is the
 * first (default: a random one), FAULTLINE_CHAOS_SEEDS how many (default 3); every fourth has watches that lie.
 */
const first = Number(process.env.FAULTLINE_CHAOS_SEED ?? 1_000 + Math.trunc(Math.random() * 1_000_000));
const count = Number(process.env.FAULTLINE_CHAOS_SEEDS ?? 3);

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation();
});
afterAll(() => installation?.[Symbol.asyncDispose]());

test.for(Array.from({ length: count }, (_, index) => first + index))(
  'seed %i: 10,000 changes, and the issues are those of the objects; requests are bounded, memory returns to its level',
  async (seed) => {
    const lies = seed % 4 === 0;
    const size = { changes: 10_000, faults: 44, relistPeriod: 20, isLong: true, memory: true };
    const { failure, journal, ...measured } = await runChaos(installation, { seed, lies, ...size });
    console.log(`seed ${seed}: ${JSON.stringify(measured)}\n${journal.join('\n')}`);
    expect(failure).toBe('');
    if (lies) expect(measured.missed).toBeGreaterThan(0);
  },
);
