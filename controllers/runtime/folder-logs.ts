import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogAnswer, LogRequest } from './source.ts';

/**
 * The log of a container beside recorded objects: `<pod>.<container>.log` in the folder or in one below it that is named
 * like the namespace, or where must-gather puts it (`namespaces/<namespace>/pods/<pod>/<container>/<container>/logs`), also
 * below one folder for the image. The names are valid ones of Kubernetes, so none leads elsewhere.
 */
export async function folderLogs(folder: string, request: LogRequest): Promise<LogAnswer> {
  const { namespace, pod, container, maxBytes } = request;
  const file = `${pod}.${container}.log`;
  const gathered = join('namespaces', namespace, 'pods', pod, container, container, 'logs', 'current.log');
  for (const path of [file, join(namespace, file), gathered]) {
    const found = await tailOfFile(join(folder, path), maxBytes);
    if (found) return found;
  }
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const found = entry.isDirectory() && (await tailOfFile(join(folder, entry.name, gathered), maxBytes));
    if (found) return found;
  }
  return { missing: 'NotFound' };
}

async function tailOfFile(path: string, max: number): Promise<{ text: string; cut: boolean } | undefined> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const info = await file.stat();
    if (!info.isFile()) return undefined;
    const length = Math.min(info.size, max);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, info.size - length);
    return { text: buffer.toString('utf8', 0, bytesRead), cut: info.size > max };
  } finally {
    await file.close();
  }
}
