import type { Stats } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** Files that can hold objects; others are counted only. */
const READABLE = /\.(ya?ml|json|jsonl)(\.gz)?$/i;
/** A string in V8 ends at about 512 MB; a larger file is named instead of crashing on it. */
export const MAX_FILE_BYTES = 400_000_000;

export interface FoundFile {
  readonly path: string;
  readonly size: number;
  /** Changes whenever the file may have changed. */
  readonly signature: string;
}

/**
 * The readable files below a folder (or the file itself), in order of path. Symbolic links are followed, loops and
 * files that vanish while we look are not; hidden files and folders are left out.
 */
export async function findFiles(root: string): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  const info = await stat(root);
  if (info.isFile()) return [foundFile(root, info)];
  await walk(root, new Set(), found);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The text of a file, unpacked when it is gzip. What is not UTF-8 becomes U+FFFD: one odd byte must not hide an object. */
export async function readText(path: string): Promise<string> {
  return decode(await readFile(path));
}

export async function decode(bytes: Buffer): Promise<string> {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const plain = isGzip ? await promisify(gunzip)(bytes, { maxOutputLength: MAX_FILE_BYTES }) : bytes;
  if (plain.length > MAX_FILE_BYTES) throw new RangeError(`is larger than ${MAX_FILE_BYTES / 1e6} MB: split it`);
  return plain.toString('utf8');
}

async function walk(folder: string, visited: Set<string>, found: FoundFile[]): Promise<void> {
  const real = await orUndefined(realpath(folder));
  if (real === undefined || visited.has(real)) return;
  visited.add(real);
  const names = (await orUndefined(readdir(folder))) ?? [];
  for (const name of names.sort()) {
    if (name.startsWith('.')) continue;
    const path = join(folder, name);
    const info = await orUndefined(stat(path));
    if (info?.isDirectory()) await walk(path, visited, found);
    else if (info?.isFile() && READABLE.test(name)) found.push(foundFile(path, info));
  }
}

function foundFile(path: string, info: Stats): FoundFile {
  return { path, size: info.size, signature: `${info.ino}:${info.size}:${info.mtimeMs}:${info.ctimeMs}` };
}

/** A file that is gone, or not ours to read, between looking and reading is as if it were not there. */
async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch {
    return undefined;
  }
}
