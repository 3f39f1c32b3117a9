import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../exit.ts';
import { acquireLock } from './lock.ts';
import type { Processes } from './processes.ts';

/** Where `faultline up` keeps everything between two runs. Held by one process at a time. */
export interface StateFolder extends AsyncDisposable {
  readonly path: string;
  /** PGlite's files. */
  readonly database: string;
  readonly pki: string;
  readonly kubeconfig: string;
  /** What was last known of the cluster, for a start while it is away. */
  readonly cluster: string;
}

/** Makes the folder (0700) and takes its lock. Throws StateInUse, or a Failure when it cannot be written. */
export async function openStateFolder(path: string, processes: Processes): Promise<StateFolder> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    // Keys and a database never belong in somebody's repository.
    await writeFile(join(path, '.gitignore'), '*\n');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Failure(`cannot write the state folder ${path} (${code}): choose another with --state-dir`, { cause });
  }
  const lock = await acquireLock(path, processes);
  return {
    path,
    database: join(path, 'database'),
    pki: join(path, 'pki'),
    kubeconfig: join(path, 'kubeconfig'),
    cluster: join(path, 'cluster.json'),
    [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose](),
  };
}

/** The default folder of a context below `.faultline`: readable, and distinct for every name a context may have. */
export function contextFolder(context: string): string {
  const readable = context.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 80);
  if (readable === context && !/^\.+$/.test(context)) return join('clusters', context);
  return join('clusters', `${readable}-${createHash('sha256').update(context).digest('hex').slice(0, 8)}`);
}
