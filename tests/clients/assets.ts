/** Builds what the client programs need, once, into `${XDG_CACHE_HOME:-~/.cache}/faultline/clients/`. */
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { cached, cacheOf, run } from '../cached-build.ts';

const here = import.meta.dirname;
const group = 'clients';
const purpose = 'the clients of the e2e tests';

/** The Go program, built with Go (about two minutes on two cores). Throws when Go is missing or the build fails. */
export async function goProgram(): Promise<string> {
  const dir = join(here, 'go');
  const files = ['go.mod', 'go.sum', ...globSync('*.go', { cwd: dir }).sort()];
  const path = join(await cacheOf(group, 'go', dir, files), 'clients');
  await cached(path, { group, what: 'the Go clients' }, async (aside) => {
    const hint = 'install Go >= 1.24 (https://go.dev/dl)';
    const args = ['build', '-trimpath', '-buildvcs=false', '-o', aside, '.'];
    await run('go', args, dir, { purpose, hint, env: { CGO_ENABLED: '0' } });
  });
  return path;
}

/**
 * The interpreter of a venv with what python/requirements.txt pins, by hash, from PyPI. Throws when Python ≥ 3.10 with
 * venv is missing, or PyPI cannot be reached.
 */
export async function pythonInterpreter(): Promise<string> {
  const dir = join(here, 'python');
  const venv = join(await cacheOf(group, 'python', dir, ['requirements.txt']), 'venv');
  const interpreter = join(venv, 'bin', 'python');
  const complete = join(venv, 'complete');
  if (existsSync(complete)) return interpreter;
  await cached(complete, { group, what: 'the Python client' }, async (marker) => {
    // In place: a venv cannot be moved. What was begun and not completed is begun again.
    const hint = 'install Python >= 3.10 with its venv module (python3-venv)';
    await run('python3', ['-m', 'venv', '--clear', venv], dir, { purpose, hint });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    const pinned = ['--require-hashes', '--only-binary=:all:', '-r', 'requirements.txt'];
    const reachable = 'PyPI must be reachable once, or by PIP_INDEX_URL';
    await run(interpreter, [...pip, ...pinned], dir, { purpose, hint: reachable });
    await run('touch', [marker], dir, { purpose, hint: 'is the disk full?' });
  });
  return interpreter;
}
