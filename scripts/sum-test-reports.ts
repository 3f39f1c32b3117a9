import { readFileSync } from 'node:fs';

/**
 * Sums vitest's JSON reports and prints `N passed, N failed` as its last line. A report that is missing or that ran no
 * test counts as one failure: a suite that did not run must not look green.
 */
interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  success: boolean;
}

const totals = { passed: 0, failed: 0, skipped: 0 };
for (const file of process.argv.slice(2)) {
  const report = read(file);
  const ranNothing = !report || report.numPassedTests + report.numFailedTests === 0;
  // A suite can fail without a failed test: an import that throws, a hook, an unhandled error.
  const failed = ranNothing ? 1 : Math.max(report.numFailedTests, report.success ? 0 : 1);
  totals.passed += report?.numPassedTests ?? 0;
  totals.failed += failed;
  totals.skipped += report?.numPendingTests ?? 0;
  console.log(`${file.split('/').at(-1)}: ${report?.numPassedTests ?? 0} passed, ${failed} failed`);
}
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exit(totals.failed > 0 ? 1 : 0);

function read(file: string): VitestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  } catch (error) {
    console.error(`no result in ${file}: ${(error as Error).message}`);
    return undefined;
  }
}
