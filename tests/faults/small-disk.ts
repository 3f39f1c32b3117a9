import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file system of its own that can be full. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  /** Leaves no room. */
  fill(): Promise<void>;
  free(): Promise<void>;
}

/** A tmpfs of so many MB. Throws where mounting is not allowed: then run these tests as root, or in a container that may. */
export async function mountSmallDisk(megabytes: number): Promise<SmallDisk> {
  const path = await mkdtemp(join(tmpdir(), 'faultline-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'tmpfs', path]);
  } catch (cause) {
    await rm(path, { recursive: true });
    throw new Error('a disk that can be full is a tmpfs, and mounting one needs root (CAP_SYS_ADMIN)', { cause });
  }
  const ballast = join(path, 'ballast');
  return {
    path,
    async fill() {
      // Until it fails: PostgreSQL takes room meanwhile.
      await run('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=64k']).catch(() => {});
    },
    free: () => rm(ballast, { force: true }),
    async [Symbol.asyncDispose]() {
      await run('umount', ['--lazy', path]);
      await rm(path, { recursive: true });
    },
  };
}
