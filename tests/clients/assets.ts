/** Builds what the client programs need, once, into `${XDG_CACHE_HOME:-~/.cache}/faultline/clients/`. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, globSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

const here = import.meta.dirname;
const progressEveryMs = 15_000;

/** The Go program, built with Go (about two minutes on two cores). Throws when Go is missing or the build fails. */
export async function goProgram(): Promise<string> {
  const dir = join(here, 'go');
  const files = ['go.mod', 'go.sum', ...globSync('*.go', { cwd: dir }).sort()];
  const path = join(await cacheOf('go', dir, files), 'clients');
  await cached(path, 'the Go clients', async (aside) => {
    await run('go', ['build', '-trimpath', '-buildvcs=false', '-o', aside, '.'], dir, {
      hint: 'install Go >= 1.24 (https://go.dev/dl)',
      env: { CGO_ENABLED: '0' },
    });
  });
  return path;
}

/**
 * The interpreter of a venv with what python/requirements.txt pins, by hash, from PyPI. Throws when Python ≥ 3.10 with
 * venv is missing, or PyPI cannot be reached.
 */
export async function pythonInterpreter(): Promise<string> {
  const dir = join(here, 'python');
  const venv = join(await cacheOf('python', dir, ['requirements.txt']), 'venv');
  const interpreter = join(venv, 'bin', 'python');
  const complete = join(venv, 'complete');
  if (existsSync(complete)) return interpreter;
  await cached(complete, 'the Python client', async (marker) => {
    // In place: a venv cannot be moved. What was begun and not completed is begun again.
    const hint = 'install Python >= 3.10 with its venv module (python3-venv)';
    await run('python3', ['-m', 'venv', '--clear', venv], dir, { hint });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    const pinned = ['--require-hashes', '--only-binary=:all:', '-r', 'requirements.txt'];
    await run(interpreter, [...pip, ...pinned], dir, { hint: 'PyPI must be reachable once, or by PIP_INDEX_URL' });
    await run('touch', [marker], dir, { hint: 'is the disk full?' });
  });
  return interpreter;
}

/** Folder for the given files as they are now. */
async function cacheOf(name: string, dir: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(`${process.platform}/${process.arch}`);
  for (const file of files) hash.update(file).update(await readFile(join(dir, file)));
  const root = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(root, 'faultline', 'clients', `${name}-${hash.digest('hex').slice(0, 16)}`);
}

/** Makes `path` unless it exists: aside, and then by rename, so that an interrupted build leaves nothing. */
async function cached(path: string, what: string, make: (aside: string) => Promise<void>): Promise<void> {
  if (existsSync(path)) return;
  const aside = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await mkdir(join(path, '..'), { recursive: true });
  const started = Date.now();
  const say = (words: string): void => {
    process.stderr.write(`clients: ${words}, ${Math.round((Date.now() - started) / 1_000)} s\n`);
  };
  say(`building ${what}, once`);
  const ticker = setInterval(() => say(`still building ${what}`), progressEveryMs);
  try {
    await make(aside);
    await rename(aside, path);
    say(`built ${what}`);
  } finally {
    clearInterval(ticker);
    await rm(aside, { force: true });
  }
}

interface RunOptions {
  /** What to do when the command is missing or fails. */
  readonly hint: string;
  readonly env?: Readonly<Record<string, string>>;
}

async function run(command: string, args: readonly string[], cwd: string, options: RunOptions): Promise<void> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const fail = (how: string): void => {
    const tail = stderr.trimEnd().split('\n').slice(-10).join('\n');
    reject(
      new Error(`the clients of the e2e tests need '${command} ${args[0]}', which ${how}: ${options.hint}\n${tail}`),
    );
  };
  child.once('error', (error) => fail(`cannot be run (${error.message})`));
  child.once('close', (code, signal) => (code === 0 ? resolve() : fail(`ended with ${signal ?? `code ${code}`}`)));
  return promise;
}
