import { defineConfig } from 'vitest/config';

/** A file to write the results to as JSON, besides the console: `.ci/run` sums them. */
const report = process.env.FAULTLINE_TEST_REPORT;
const ignored = ['dist/**', 'node_modules/**'];

/**
 * Three projects: `unit` needs npm alone, `e2e` needs a real control plane and PostgreSQL and runs file by file,
 * `soak` is long and never part of CI.
 */
export default defineConfig({
  test: {
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts', '**/*.test.tsx'],
          exclude: [...ignored, '**/*.e2e.test.ts', '**/*.soak.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
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
