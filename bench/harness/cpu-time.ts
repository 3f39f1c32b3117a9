import { readFile } from 'node:fs/promises';
import { descendants } from '../../tests/controlplane/process-tree.ts';

const TICKS_PER_SECOND = 100; // USER_HZ, which Linux has fixed for programs

/** CPU seconds, user and system, that a process and its living descendants have used so far. Linux only. */
export async function cpuSeconds(pid: number): Promise<number> {
  let ticks = 0;
  for (const each of [pid, ...(await descendants(pid))]) {
    // A process may end between the list and the look; it then counts nothing.
    ticks += parseTicks(await readFile(`/proc/${each}/stat`, 'utf8').catch(() => ''));
  }
  return ticks / TICKS_PER_SECOND;
}

/** User and system ticks out of the text of /proc/<pid>/stat; 0 for no text. */
export function parseTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return stat === '' ? 0 : Number(fields[11]) + Number(fields[12]);
}
