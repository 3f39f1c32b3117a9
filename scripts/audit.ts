import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { judgeAudit } from './judge-audit.ts';

/**
 * `node scripts/audit.ts`: asks the configured registry which of the packages that are shipped have known vulnerabilities, and
 * fails when one is high or critical. Where the registry does not answer that question nothing is known, which is printed;
 * with `--required`, as before a release, that fails, too.
 */
const { values } = parseArgs({ options: { required: { type: 'boolean', default: false } } });
const root = join(import.meta.dirname, '..');

// npm ends with 1 for a vulnerability and for a registry that does not answer: what it printed tells them apart.
const printed = await new Promise<string>((resolve) => {
  const args = ['audit', '--omit=dev', '--json'];
  execFile('npm', args, { cwd: root, maxBuffer: 64 << 20, timeout: 120_000 }, (error, stdout) =>
    resolve(stdout.trim() === '' ? JSON.stringify({ message: error?.message ?? 'npm printed nothing' }) : stdout),
  );
});
const verdict = judgeAudit(printed);
console.log(verdict.lines.join('\n'));
process.exitCode = verdict.failed || (values.required && !verdict.asked) ? 1 : 0;
