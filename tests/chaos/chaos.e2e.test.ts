import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Installation } from '../e2e/installation.ts';
import { startInstallation } from './installation.ts';
import { runChaos } from './run-chaos.ts';

/**
 * The chaos of docs/watching.md in small: one fault behind, one within and some between the built controllers and a real API
 * server. FAULTLINE_CHAOS_SEED is the first seed (default 4, of which the faults are varied); `npm run chaos` runs the full size.
 */
const seed = Number(process.env.FAULTLINE_CHAOS_SEED ?? 4);

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation();
});
afterAll(() => installation?.[Symbol.asyncDispose]());

test(`seed ${seed}: whatever breaks between the controllers and the cluster, the issues are those of its objects`, async () => {
  const outcome = await runChaos(installation, { seed, changes: 600, faults: 8, relistPeriod: 3 });
  if (process.env.FAULTLINE_CHAOS_JOURNAL) console.log(JSON.stringify(outcome, null, 1));
  expect(outcome.failure).toBe('');
  expect(outcome.missed).toBe(0);
});

test(`seed ${seed + 1}: what a watch keeps to itself is found by the safety relist, and counted`, async () => {
  const size = { changes: 200, faults: 1, relistPeriod: 2 };
  const outcome = await runChaos(installation, { seed: seed + 1, ...size, lies: true });
  expect(outcome.failure).toBe('');
  expect(outcome.swallowed).toBeGreaterThan(0);
  expect(outcome.missed).toBeGreaterThan(0);
});
