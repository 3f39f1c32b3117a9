/**
 * Tools written in Go that tests run, built once into `${XDG_CACHE_HOME:-~/.cache}/faultline/tools/<module>-<hash>/`: each
 * folder here with a go.mod is a module that pins them, by go.sum. Another go.sum is another folder.
 */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';

export interface GoModule {
  /** Folder with go.mod and go.sum. */
  readonly dir: string;
  /** Packages with a main; the last element of each is the name of its program. */
  readonly packages: readonly string[];
  readonly tags?: readonly string[];
}

/** promtool and amtool, without the service discoveries of clouds, which would be four fifths of the build. */
export const PROMETHEUS: GoModule = {
  dir: join(import.meta.dirname, 'prometheus'),
  packages: ['github.com/prometheus/prometheus/cmd/promtool', 'github.com/prometheus/alertmanager/cmd/amtool'],
  tags: ['remove_all_sd'],
};

/** All that the tests need. */
export const GO_MODULES: readonly GoModule[] = [PROMETHEUS];

const progressEveryMs = 15_000;

/** Path of a program of the module, which is built when the cache has none. Throws when Go is missing or the build fails. */
export async function goTool(module: GoModule, name: string): Promise<string> {
  const dir = await cacheOf(module);
  if (!existsSync(dir)) await build(module, dir);
  return join(dir, name);
}

async function cacheOf({ dir, packages, tags = [] }: GoModule): Promise<string> {
  const hash = createHash('sha256').update([process.platform, process.arch, ...packages, ...tags].join('\n'));
  for (const file of ['go.mod', 'go.sum']) hash.update(await readFile(join(dir, file)));
  const root = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(root, 'faultline', 'tools', `${basename(dir)}-${hash.digest('hex').slice(0, 16)}`);
}

/** Aside, and then by rename: an interrupted build leaves nothing, and of two at once one is kept. */
async function build({ dir, packages, tags = [] }: GoModule, cache: string): Promise<void> {
  const aside = `${cache}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await mkdir(aside, { recursive: true });
  const names = packages.map((path) => basename(path)).join(', ');
  const started = Date.now();
  const say = (words: string): void => {
    process.stderr.write(`tools: ${words} ${names}, ${Math.round((Date.now() - started) / 1_000)} s\n`);
  };
  const ticker = setInterval(() => say('still building'), progressEveryMs);
  try {
    const flags = ['-trimpath', '-buildvcs=false', '-ldflags', '-s -w', '-tags', tags.join(',')];
    await go(['build', ...flags, '-o', `${aside}/`, ...packages], dir);
    await rename(aside, cache).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
    say('built');
  } finally {
    clearInterval(ticker);
    await rm(aside, { recursive: true, force: true });
  }
}

async function go(args: readonly string[], cwd: string): Promise<void> {
  const child = spawn('go', args, {
    cwd,
    env: { ...process.env, CGO_ENABLED: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const fail = (how: string): void => {
    const tail = stderr.trimEnd().split('\n').slice(-10).join('\n');
    reject(new Error(`'go ${args[0]}' in ${cwd} ${how}: install Go >= 1.24 (https://go.dev/dl)\n${tail}`));
  };
  child.once('error', (error) => fail(`cannot be run (${error.message})`));
  child.once('close', (code, signal) => (code === 0 ? resolve() : fail(`ended with ${signal ?? `code ${code}`}`)));
  return promise;
}
