import { AnswerError, retryAfterOf } from './discovery.ts';
import type { JsonProjection } from './json-projection.ts';
import { isRecord, type JsonObject } from './object.ts';

/** One event of a watch as it arrived; `invalid` is a line that is none. */
export type WatchLine =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: JsonObject }
  | { readonly type: 'ERROR'; readonly object: JsonObject }
  | { readonly type: 'invalid'; readonly text: string };

const TYPES = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** `events` says what of each object is read. */
export function parseLine(line: Buffer, events: JsonProjection): WatchLine {
  try {
    const event = events.parse(line);
    if (isRecord(event) && TYPES.has(String(event.type)) && isRecord(event.object)) {
      // A Status has other members than the objects that were asked for.
      return (event.type === 'ERROR' ? JSON.parse(line.toString()) : event) as WatchLine;
    }
  } catch {
    // Cut off or garbled: the caller decides what that means for its place in the stream.
  }
  return { type: 'invalid', text: line.toString('utf8', 0, 120) };
}

/** Whether a bookmark says that a streamed list is complete. */
export function endsInitialEvents({ metadata }: JsonObject): boolean {
  return isRecord(metadata) && isRecord(metadata.annotations) && metadata.annotations[INITIAL_EVENTS_END] === 'true';
}

/** '' when it has none. */
export function versionOf({ metadata }: JsonObject): string {
  return isRecord(metadata) && typeof metadata.resourceVersion === 'string' ? metadata.resourceVersion : '';
}

/** What an ERROR event says, or that a line is no event. */
export function errorOf(line: Extract<WatchLine, { type: 'ERROR' | 'invalid' }>): AnswerError {
  if (line.type === 'invalid') return new AnswerError(0, `a watch sent a line that is no event: ${line.text}`);
  const { code, message, reason } = line.object;
  const status = reason === 'Expired' || reason === 'Gone' ? 410 : Number(code) || 500;
  return new AnswerError(status, String(message ?? 'the watch ended with an error'), {
    reason: String(reason ?? ''),
    retryAfterMs: retryAfterOf(line.object),
  });
}
