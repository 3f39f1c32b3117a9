import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const git = async (...args: string[]): Promise<string> => (await run('git', args, { cwd: root })).stdout.trim();

export interface EarlierBuild {
  /** Short hash and subject. */
  readonly commit: string;
  readonly binary: string;
}

/**
 * Builds an earlier commit in a work tree of its own at `dir`, with the packages that are installed now; the caller removes it
 * with `removeBuild`. Answers why in one line where there is no such history: a shallow clone, an archive without git.
 */
export async function buildEarlier(
  revision: string,
  dir: string,
): Promise<EarlierBuild | { readonly missing: string }> {
  try {
    await git('rev-parse', '--verify', '--quiet', `${revision}^{commit}`);
  } catch {
    return {
      missing: `git has no commit ${revision} here (a shallow clone?): git fetch --unshallow, or FAULTLINE_PREVIOUS`,
    };
  }
  await git('worktree', 'add', '--detach', dir, revision);
  const packages = join(dir, 'node_modules');
  if (!existsSync(packages)) await symlink(join(root, 'node_modules'), packages);
  const options = { cwd: dir, maxBuffer: 64 << 20 };
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], options);
  await run(process.execPath, ['scripts/copy-assets.ts'], options);
  return {
    commit: await git('log', '-1', '--format=%h %s', revision),
    binary: join(dir, 'dist', 'cli', 'bin.js'),
  };
}

export async function removeBuild(dir: string): Promise<void> {
  if (existsSync(dir)) await git('worktree', 'remove', '--force', dir);
}
