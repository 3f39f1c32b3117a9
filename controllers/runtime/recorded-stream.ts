import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parseTime } from '../../crds/time.ts';
import { type ClusterObject, isClusterObject, isRecord } from './object.ts';

/**
 * A recorded stream: what happened to objects, one JSON object a line, `{"at", "type", "object"}`; a file whose name ends
 * in `.gz` is compressed. It is a watch of Kubernetes with the time of each event, so the objects that were there when
 * the recording began are `ADDED` at its begin. Lines of one file are in the order in which they happened.
 */
export interface RecordedChange {
  /** RFC 3339: when it was seen. */
  readonly at: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** As it was after the change; of a deletion, as it was last. */
  readonly object: ClusterObject;
}

const TYPES: ReadonlySet<unknown> = new Set(['ADDED', 'MODIFIED', 'DELETED']);

/** A line of a recorded stream, with its end. */
export function recordedLine({ at, type, object }: RecordedChange): string {
  return `${JSON.stringify({ at, type, object })}\n`;
}

/** Reads a recorded stream, line by line. Throws a RangeError `name:line: what` for a line that is none. */
export async function* readRecordedStream(
  path: string,
  open: (path: string) => Readable = createReadStream,
): AsyncGenerator<RecordedChange, void, void> {
  const bytes = open(path);
  const input = path.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  // An error of the file would otherwise not end what is read of the pipe.
  bytes.on('error', (error) => input.destroy(error));
  let number = 0;
  // readline would leave the fault of its input to nobody.
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  input.on('error', failed.reject);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  try {
    while (true) {
      const { value: line, done } = await Promise.race([lines.next(), failed.promise]);
      if (done) return;
      number++;
      if (line.trim() === '') continue;
      const change = changeOf(line);
      if (typeof change === 'string') throw new RangeError(`${path}:${number}: ${change}`);
      // Bookmarks and errors of a watch say nothing about an object.
      if (change !== undefined) yield change;
    }
  } finally {
    await lines.return?.();
    bytes.destroy();
  }
}

function changeOf(line: string): RecordedChange | string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'is not JSON: a recorded stream has one {"at", "type", "object"} a line';
  }
  if (!isRecord(value)) return 'is no object: a recorded stream has one {"at", "type", "object"} a line';
  const { at, type, object } = value;
  if (type === 'BOOKMARK' || type === 'ERROR') return undefined;
  if (!TYPES.has(type)) return `type is ${JSON.stringify(type)}: must be ADDED, MODIFIED or DELETED`;
  if (parseTime(at) === undefined) return `at is ${JSON.stringify(at)}: must be an RFC 3339 time`;
  if (!isClusterObject(object)) return 'object is no Kubernetes object: apiVersion, kind and metadata.name are needed';
  return { at: at as string, type: type as RecordedChange['type'], object };
}
