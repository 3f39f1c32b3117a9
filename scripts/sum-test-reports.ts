import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

/**
 * Sums vitest's JSON reports, names each test that failed with the first lines of why, and prints `N passed, N failed`
 * as its last line: who has only the end of a log still learns what failed. A report that is missing or that ran no
 * test counts as one failure: a suite that did not run must not look green.
 */
interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  success: boolean;
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] | null }[];
  }[];
}

/** Lines of a failure that are shown. */
const LINES = 12;

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
  for (const failure of failures(report)) console.log(failure);
}
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exit(totals.failed > 0 ? 1 : 0);

function failures(report: VitestReport | undefined): string[] {
  return (report?.testResults ?? []).flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => told(`${name} > ${test.fullName}`, test.failureMessages?.[0] ?? ''));
    // A file can fail as a whole: an import that throws, a hook.
    return failed.length === 0 && status === 'failed' ? [told(name, message)] : failed;
  });
}

function told(what: string, why: string): string {
  const lines = stripVTControlCharacters(why).split('\n').slice(0, LINES);
  return [`FAIL ${what}`, ...lines.map((line) => `  ${line}`)].join('\n');
}

function read(file: string): VitestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  } catch (error) {
    console.error(`no result in ${file}: ${(error as Error).message}`);
    return undefined;
  }
}
