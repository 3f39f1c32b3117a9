import { type Clock, pause } from './clock.ts';
import { linesOf } from './json-lines.ts';
import type { KubeResponse } from './kube-client.ts';
import { isRecord, type JsonObject } from './object.ts';

/** One event of a watch as it arrived; `invalid` is a line that is none. */
export type WatchLine =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'; readonly object: JsonObject }
  | { readonly type: 'invalid'; readonly text: string };

/** What reading an open watch came to. */
export type Chunk =
  | { readonly type: 'lines'; readonly lines: readonly WatchLine[] }
  /** The server ended it, which is normal. */
  | { readonly type: 'ended' }
  | { readonly type: 'broken'; readonly error: unknown }
  /** Nothing came for too long: a connection that is dead without knowing. */
  | { readonly type: 'silent' };

/** An open watch. Whoever opens one closes it. */
export class WatchStream {
  readonly openedAt: number;
  readonly #iterator: AsyncGenerator<string[], void, void>;
  readonly #clock: Clock;
  readonly #connection: AbortController;
  #next: Promise<IteratorResult<string[], void>> | undefined;

  constructor(response: KubeResponse, connection: AbortController, clock: Clock) {
    this.#iterator = linesOf(response.body);
    this.#clock = clock;
    this.#connection = connection;
    this.openedAt = clock.now();
  }

  async read(silenceMs: number): Promise<Chunk> {
    // Kept when silence wins, so that no chunk is lost between two reads.
    this.#next ??= this.#iterator.next();
    const quiet = new AbortController();
    const silent = pause(this.#clock, silenceMs, quiet.signal).then(() => 'silent' as const);
    try {
      const result = await Promise.race([this.#next, silent]);
      if (result === 'silent') return { type: 'silent' };
      this.#next = undefined;
      return result.done ? { type: 'ended' } : { type: 'lines', lines: result.value.map(parseLine) };
    } catch (error) {
      this.#next = undefined;
      return { type: 'broken', error };
    } finally {
      quiet.abort();
    }
  }

  close(): void {
    this.#next?.catch(() => {});
    this.#connection.abort();
  }
}

const TYPES = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);

function parseLine(text: string): WatchLine {
  try {
    const event: unknown = JSON.parse(text);
    if (isRecord(event) && TYPES.has(String(event.type)) && isRecord(event.object))
      return event as unknown as WatchLine;
  } catch {
    // Cut off or garbled: the caller decides what that means for its place in the stream.
  }
  return { type: 'invalid', text: text.slice(0, 120) };
}
