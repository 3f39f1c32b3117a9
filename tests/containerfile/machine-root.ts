import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, cp, mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Root file systems out of this machine, in place of images from a registry: what the Containerfile asks its base images for and
 * nothing else, so that a step which needs more fails.
 */

/** Of `node:24-bookworm-slim`: a shell, tar and the like, Node 24 and npm; no compiler, no git, no Python. */
const PROGRAMS =
  'sh env find touch tar gzip cp mv rm mkdir chmod cat ls sed grep uname dirname basename id mktemp ln true'.split(' ');

export async function buildRoot(root: string): Promise<void> {
  for (const program of PROGRAMS) {
    const path = `/usr/bin/${program}`;
    await copyProgram(root, await realpath(existsSync(path) ? path : `/bin/${program}`), path);
  }
  await symlink('usr/bin', join(root, 'bin'));
  await copyProgram(root, process.execPath, '/usr/local/bin/node');
  const npm = join(dirname(await realpath(which('npm'))), '..');
  await cp(npm, join(root, 'usr/local/lib/node_modules/npm'), { recursive: true, verbatimSymlinks: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'));
  await commonFiles(root, 'root:x:0:0:root:/root:/bin/sh\n');
}

/** Of distroless: Node 24 and the libraries that it needs. */
export async function baseRoot(root: string): Promise<void> {
  await copyProgram(root, process.execPath, '/nodejs/bin/node');
  await commonFiles(root, 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n');
}

async function commonFiles(root: string, passwd: string): Promise<void> {
  for (const folder of ['etc', 'tmp', 'proc', 'dev', 'root']) await mkdir(join(root, folder), { recursive: true });
  await chmod(join(root, 'tmp'), 0o1777);
  await writeFile(join(root, 'etc/passwd'), passwd);
  // What this machine knows of its network; an engine gives a build the same.
  for (const file of ['/etc/resolv.conf', '/etc/hosts', process.env.NODE_EXTRA_CA_CERTS ?? '']) {
    if (file !== '' && existsSync(file)) await cp(file, join(root, file), { recursive: true, dereference: true });
  }
}

/** With the libraries that it is linked with, where it finds them. */
async function copyProgram(root: string, from: string, to: string): Promise<void> {
  await place(root, from, to);
  const { stdout } = spawnSync('ldd', [from], { encoding: 'utf8' });
  for (const [library] of stdout.matchAll(/\/\S+/g)) {
    if (existsSync(library)) await place(root, library, library);
  }
}

async function place(root: string, from: string, to: string): Promise<void> {
  const target = join(root, to);
  if (existsSync(target)) return;
  await mkdir(dirname(target), { recursive: true });
  await cp(from, target, { dereference: true });
}

function which(program: string): string {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    const path = join(folder, program);
    // Those that only start another one are no use elsewhere.
    if (existsSync(path) && readFileSync(path, 'utf8').includes('require(')) return path;
  }
  throw new Error(`${program} is not on the PATH`);
}
