import { stat } from 'node:fs/promises';

/** What distinguishes one state of a file from another without reading it; links are followed, so a swapped one differs. */
export async function fileStamps(paths: Iterable<string>): Promise<Map<string, string>> {
  const stamps = new Map<string, string>();
  for (const path of paths) stamps.set(path, await stampOf(path));
  return stamps;
}

async function stampOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(path);
    return [dev, ino, size, mtimeMs, ctimeMs].join(' ');
  } catch {
    return 'missing';
  }
}

/** Of files that both know: what one of them does not know is no change. */
export function isSame(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): boolean {
  return [...before].every(([path, stamp]) => (now.get(path) ?? stamp) === stamp);
}
