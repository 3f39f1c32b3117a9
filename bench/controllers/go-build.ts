import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const source = join(import.meta.dirname, '../go/controller-runtime');

/** The controller on controller-runtime, built with Go when the sources have changed: about a minute on two cores. */
export async function goController(note: (text: string) => void): Promise<string> {
  const binary = join(await cacheFolder(), 'controller');
  if (existsSync(binary)) return binary;
  note('building the controller on controller-runtime with Go; once, up to four minutes');
  await mkdir(dirname(binary), { recursive: true });
  const aside = `${binary}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    const args = ['build', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w', '-o', aside, '.'];
    await promisify(execFile)('go', args, { cwd: source, env: { ...process.env, CGO_ENABLED: '0' } });
    await rename(aside, binary);
  } finally {
    await rm(aside, { force: true });
  }
  return binary;
}

async function cacheFolder(): Promise<string> {
  const hash = createHash('sha256').update(`${process.platform}/${process.arch}`);
  for (const file of (await readdir(source)).sort()) hash.update(file).update(await readFile(join(source, file)));
  const root = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(root, 'faultline', 'bench', hash.digest('hex').slice(0, 16));
}
