/** Builds what tests need and no registry has ready, once, into `${XDG_CACHE_HOME:-~/.cache}/faultline/`. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

const progressEveryMs = 15_000;

/** The cache folder `<group>/<name>-<hash>` for these files of `dir` as they are now. */
export async function cacheOf(group: string, name: string, dir: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(`${process.platform}/${process.arch}`);
  for (const file of files) hash.update(file).update(await readFile(join(dir, file)));
  const root = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(root, 'faultline', group, `${name}-${hash.digest('hex').slice(0, 16)}`);
}

/**
 * Makes `path` unless it exists: aside, and then by rename, so that an interrupted build leaves nothing. Says on standard
 * error, after `group`, what it does.
 */
export async function cached(
  path: string,
  { group, what }: { readonly group: string; readonly what: string },
  make: (aside: string) => Promise<void>,
): Promise<void> {
  if (existsSync(path)) return;
  const aside = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await mkdir(join(path, '..'), { recursive: true });
  const started = Date.now();
  const say = (words: string): void => {
    process.stderr.write(`${group}: ${words}, ${Math.round((Date.now() - started) / 1_000)} s\n`);
  };
  say(`building ${what}, once`);
  const ticker = setInterval(() => say(`still building ${what}`), progressEveryMs);
  try {
    await make(aside);
    // Of two at once one is kept: another's folder is in the way, and it is the same.
    await rename(aside, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
    say(`built ${what}`);
  } finally {
    clearInterval(ticker);
    await rm(aside, { recursive: true, force: true });
  }
}

export interface RunOptions {
  /** Who needs it, for the message: `the clients of the e2e tests`. */
  readonly purpose: string;
  /** What to do when the command is missing or fails. */
  readonly hint: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command to its end. Throws with the end of what it said when it is missing or fails. */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  { purpose, hint, env }: RunOptions,
): Promise<void> {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const fail = (how: string): void => {
    const tail = stderr.trimEnd().split('\n').slice(-10).join('\n');
    reject(new Error(`${purpose} need '${command} ${args[0]}', which ${how}: ${hint}\n${tail}`));
  };
  child.once('error', (error) => fail(`cannot be run (${error.message})`));
  child.once('close', (code, signal) => (code === 0 ? resolve() : fail(`ended with ${signal ?? `code ${code}`}`)));
  return promise;
}
