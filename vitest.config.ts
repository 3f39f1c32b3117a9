import { defineConfig } from 'vitest/config';
import { NOT_AGAIN_ON_PGLITE } from './tests/e2e/passes.ts';
import { LongestFirst } from './tests/longest-first.ts';

/** A file to write the results to as JSON, besides the console: `.ci/run` sums them. */
const report = process.env.FAULTLINE_TEST_REPORT;
const ignored = ['dist/**', 'node_modules/**'];
const onPGlite = process.env.FAULTLINE_E2E_DATABASE === 'embedded';
/** The package's own name means the sources here: tests load examples/ without a build, and never a stale one. */
const resolve = {
  alias: {
    'faultline/controllers': `${import.meta.dirname}/controllers/index.ts`,
    'faultline/apiserver': `${import.meta.dirname}/apiserver/index.ts`,
    'faultline/runtime': `${import.meta.dirname}/controllers/runtime/index.ts`,
    'faultline/testing': `${import.meta.dirname}/controllers/testing/index.ts`,
  },
};

/** What `expect.poll` waits for comes at once on a machine of one's own, and not on a busy one. */
const expect = { poll: { timeout: 10_000 } };

/**
 * Three projects: `unit` needs npm alone; `e2e` needs a real control plane and PostgreSQL, each file its own, and runs
 * two files at once, because they mostly wait; `soak` is long and never part of CI.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    projects: [
      {
        resolve,
        test: {
          name: 'unit',
          include: ['**/*.test.ts', '**/*.test.tsx'],
          exclude: [...ignored, '**/*.e2e.test.ts', '**/*.soak.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          expect,
          maxWorkers: '100%', // vitest leaves one core to itself, of two that is half
        },
      },
      {
        resolve,
        test: {
          name: 'e2e',
          globalSetup: ['tests/controlplane/global-setup.ts'],
          include: ['**/*.e2e.test.ts'],
          exclude: onPGlite ? [...ignored, ...Object.keys(NOT_AGAIN_ON_PGLITE)] : ignored,
          testTimeout: 120_000,
          hookTimeout: 600_000,
          expect,
          maxWorkers: 2,
          sequence: { groupOrder: 1 }, // not together with unit tests, whose workers are another number
        },
      },
      {
        resolve,
        test: {
          name: 'soak',
          include: ['**/*.soak.test.ts'],
          exclude: ignored,
          testTimeout: 3_600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
