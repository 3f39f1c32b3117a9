import { readFile } from 'node:fs/promises';

export interface ProcessMemory {
  /** Resident set now, MB of 1,000,000 bytes. */
  readonly residentMB: number;
  /** The largest it ever was. */
  readonly peakMB: number;
}

/** What the kernel says about a process's memory. Linux only. */
export async function processMemory(pid: number): Promise<ProcessMemory> {
  return parseStatus(await readFile(`/proc/${pid}/status`, 'utf8'));
}

/** Reads VmRSS and VmHWM out of the text of /proc/<pid>/status, which counts KiB. */
export function parseStatus(status: string): ProcessMemory {
  const megabytes = (name: string): number => {
    const kib = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    if (kib === undefined) throw new Error(`no ${name} in the process's status`);
    return (Number(kib) * 1_024) / 1_000_000;
  };
  return { residentMB: megabytes('VmRSS'), peakMB: megabytes('VmHWM') };
}
