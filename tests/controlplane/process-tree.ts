import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';

/** Parent of a process out of the text of its /proc/<pid>/stat; the name in brackets may itself hold brackets. */
export function parentOf(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 1).split(/\s+/)[2]);
}

/** All living descendants of a process, children before grandchildren. Reads /proc, so Linux only. */
export async function descendants(root: number): Promise<number[]> {
  const children = new Map<number, number[]>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => undefined);
    if (!stat || isZombie(stat)) continue;
    const parent = parentOf(stat);
    children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const found = [...(children.get(root) ?? [])];
  for (let index = 0; index < found.length; index++) found.push(...(children.get(found[index] as number) ?? []));
  return found;
}

/** Sends a signal to each process and ignores those that are gone. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Whether the process exists and still executes: one that ended and waits for its parent to notice does not. */
export function isRunning(pid: number): boolean {
  try {
    return !isZombie(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

function isZombie(stat: string): boolean {
  return /^ [ZX]/.test(stat.slice(stat.lastIndexOf(')') + 1));
}
