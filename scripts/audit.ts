import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readAccepted } from './accepted-advisories.ts';
import { type Canary, judgeAudit } from './judge-audit.ts';

/**
 * `node scripts/audit.ts`: asks the configured registry which of the packages that are shipped have known vulnerabilities, and
 * fails when one is high or critical and nobody accepted it (scripts/accepted-advisories.json), and when what was accepted
 * has expired. Where the registry does not answer that question, or does not know what everybody knows, nothing is known,
 * which is printed; with `--required`, as before a release, that fails, too.
 */
const { values } = parseArgs({
  options: {
    required: { type: 'boolean', default: false },
    accepted: { type: 'string', default: join(import.meta.dirname, 'accepted-advisories.json') },
  },
});
const root = join(import.meta.dirname, '..');
/** Prototype pollution, GHSA-xvch-5gv4-984h and GHSA-vh95-rmgr-6w4m, since 2020. */
const CANARY: Canary = { name: 'minimist', version: '0.0.8', node: 'node_modules/faultline-audit-canary' };

const { accepted, faults } = readAccepted(await readFile(values.accepted, 'utf8'), Date.now());
const verdict = judgeAudit(await ask(), CANARY, accepted);
console.log([...verdict.lines, ...faults.map((fault) => `FAILED: ${values.accepted}: ${fault}`)].join('\n'));
process.exitCode = verdict.failed || faults.length > 0 || (values.required && !verdict.asked) ? 1 : 0;

/** What npm prints about our lock file with the canary in it. Nothing is installed: npm reads no more than the two files. */
async function ask(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-audit-'));
  try {
    await copyFile(join(root, '.npmrc'), join(folder, '.npmrc')).catch(() => {});
    for (const file of ['package.json', 'package-lock.json']) {
      const content = withCanary(JSON.parse(await readFile(join(root, file), 'utf8')));
      await writeFile(join(folder, file), JSON.stringify(content));
    }
    return await npmAudit(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly packages?: Readonly<Record<string, Manifest>>;
}

/** Under a name of its own: what is shipped may have another version of it. */
function withCanary({ packages, ...manifest }: Manifest): object {
  const dependencies = { ...manifest.dependencies, 'faultline-audit-canary': `npm:${CANARY.name}@${CANARY.version}` };
  if (packages === undefined) return { ...manifest, dependencies, scripts: {} };
  const { '': ours, ...others } = packages;
  const canary = { name: CANARY.name, version: CANARY.version };
  return { ...manifest, packages: { '': withCanary(ours ?? {}), ...others, [CANARY.node]: canary } };
}

/** npm ends with 1 for a vulnerability and for a registry that does not answer: what it printed tells them apart. */
async function npmAudit(cwd: string): Promise<string> {
  return await new Promise<string>((resolve) => {
    const args = ['audit', '--omit=dev', '--json'];
    execFile('npm', args, { cwd, maxBuffer: 64 << 20, timeout: 120_000 }, (error, stdout) =>
      resolve(stdout.trim() === '' ? JSON.stringify({ message: error?.message ?? 'npm printed nothing' }) : stdout),
    );
  });
}
