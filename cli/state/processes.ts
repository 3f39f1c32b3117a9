import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

/** What the lock asks of the operating system; tests bring their own. */
export interface Processes {
  readonly pid: number;
  /** When a process was started, in a form that only compares; '' when it lives but cannot be told, undefined when it is dead. */
  startOf(pid: number): Promise<string | undefined>;
  now(): number;
  wait(ms: number): Promise<void>;
}

export const systemProcesses: Processes = {
  pid: process.pid,
  startOf,
  now: Date.now,
  wait: (ms) => wait(ms),
};

async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat !== undefined) {
    // proc(5): "pid (comm) state ppid …"; comm may hold anything, so count from the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    // Field 22 counts clock ticks since boot: it needs the boot to be told from that of yesterday.
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
    return `${boot.trim()}/${fields[19] ?? ''}`;
  }
  return isSignalable(pid) ? '' : undefined;
}

function isSignalable(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
