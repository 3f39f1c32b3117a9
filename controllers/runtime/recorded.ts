import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { causeOf } from './backend.ts';
import { decode, findFiles, MAX_FILE_BYTES, readText } from './files.ts';
import type { ClusterObject } from './object.ts';
import { parseObjects } from './parse-objects.ts';

export interface RecordedProgress {
  readonly filesDone: number;
  readonly files: number;
  readonly bytesDone: number;
  readonly bytes: number;
}

export interface RecordedSummary {
  readonly files: number;
  readonly objects: number;
  /** `List`s, which may be empty: `kubectl get` of a namespace without such objects. */
  readonly lists: number;
  /** Documents that are no Kubernetes object. */
  readonly skipped: number;
  /** Files that could not be read or parsed: path and cause. */
  readonly faults: readonly { readonly path: string; readonly message: string }[];
}

export interface ReadRecordedOptions {
  /** Called for every object that was found. */
  onObject(object: ClusterObject): void;
  onProgress?: (progress: RecordedProgress) => void;
  signal?: AbortSignal;
}

/**
 * Reads recorded objects once: a folder (with sub-folders), a file, or a stream (`replay -`). One file after the
 * other, so that a must-gather needs no more memory than its largest file. Rejects when the path itself cannot be
 * read; files inside that cannot are named in the summary.
 */
export async function readRecorded(from: string | Readable, options: ReadRecordedOptions): Promise<RecordedSummary> {
  const found = typeof from === 'string' ? await findFiles(from) : [];
  const faults: { path: string; message: string }[] = [];
  const total = { objects: 0, lists: 0, skipped: 0, bytesDone: 0 };
  const bytes = found.reduce((sum, { size }) => sum + size, 0);
  const take = async (path: string, read: () => Promise<string>): Promise<void> => {
    try {
      const { objects, lists, skipped } = parseObjects(await read());
      for (const object of objects) options.onObject(object);
      total.objects += objects.length;
      total.lists += lists;
      total.skipped += skipped;
    } catch (error) {
      faults.push({ path, message: causeOf(error) });
    }
  };
  if (typeof from !== 'string') {
    const stream = await buffer(from);
    await take('-', () => decode(stream));
    return { files: 1, objects: total.objects, lists: total.lists, skipped: total.skipped, faults };
  }
  for (const [index, { path, size }] of found.entries()) {
    options.signal?.throwIfAborted();
    if (size > MAX_FILE_BYTES) faults.push({ path, message: `is larger than ${MAX_FILE_BYTES / 1e6} MB: split it` });
    else await take(path, () => readText(path));
    total.bytesDone += size;
    options.onProgress?.({ filesDone: index + 1, files: found.length, bytesDone: total.bytesDone, bytes });
  }
  return { files: found.length, objects: total.objects, lists: total.lists, skipped: total.skipped, faults };
}
