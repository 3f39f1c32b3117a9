import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file by rename, so that a reader sees the old content or the new one and never half of it, and so that
 * a secret never exists with a wider mode than `mode`. Synced before the rename: a crash leaves no empty file.
 */
export async function replaceFile(path: string, content: string, mode: number): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await using file = await open(temporary, 'wx', mode);
    await file.writeFile(content);
    await file.chmod(mode); // the umask may have taken bits away
    await file.sync();
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new Error(`cannot write ${path} in ${dirname(path)}: ${(cause as Error).message}`, { cause });
  }
}
