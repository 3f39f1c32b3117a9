import { readFile } from 'node:fs/promises';
import { descendants } from '../../tests/controlplane/process-tree.ts';

const TICKS_PER_SECOND = 100; // USER_HZ, which Linux has fixed for programs

/**
 * CPU seconds, user and system, that a process and its descendants have used so far, those that ended and were waited for too:
 * else a backend of PostgreSQL that ends would take back what it used. Linux only.
 */
export async function cpuSeconds(pid: number): Promise<number> {
  let ticks = 0;
  for (const each of [pid, ...(await descendants(pid))]) {
    // A process may end between the list and the look; it then counts nothing, or with its parent.
    ticks += parseTicks(await readFile(`/proc/${each}/stat`, 'utf8').catch(() => ''));
  }
  return ticks / TICKS_PER_SECOND;
}

/** User and system ticks out of the text of /proc/<pid>/stat, its own and those of children it waited for; 0 for no text. */
export function parseTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return stat === '' ? 0 : fields.slice(11, 15).reduce((sum, each) => sum + Number(each), 0);
}
