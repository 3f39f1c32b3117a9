import { defineConfig } from 'vitest/config';

/** A file to write the results to as JSON, besides the console: `.ci/run` sums them. */
const report = process.env.FAULTLINE_TEST_REPORT;
const ignored = ['dist/**', 'node_modules/**'];
/** The package's own name means the sources here: tests load examples/ without a build, and never a stale one. */
const resolve = {
  alias: {
    'faultline/controllers': `${import.meta.dirname}/controllers/index.ts`,
    'faultline/apiserver': `${import.meta.dirname}/apiserver/index.ts`,
  },
};

/**
 * Three projects: `unit` needs npm alone, `e2e` needs a real control plane and PostgreSQL and runs file by file,
 * `soak` is long and never part of CI.
 */
export default defineConfig({
  test: {
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
        },
      },
      {
        resolve,
        test: {
          name: 'e2e',
          globalSetup: ['tests/controlplane/global-setup.ts'],
          include: ['**/*.e2e.test.ts'],
          exclude: ignored,
          testTimeout: 120_000,
          hookTimeout: 600_000,
          fileParallelism: false,
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
