import type { Clock } from './clock.ts';
import { linesOf } from './json-lines.ts';
import { JsonProjection, type Shape } from './json-projection.ts';
import type { KubeResponse } from './kube-client.ts';
import { parseLine, type WatchLine } from './watch-lines.ts';

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
  readonly #iterator: AsyncGenerator<WatchLine[], void, void>;
  readonly #clock: Clock;
  readonly #connection: AbortController;
  #next: Promise<IteratorResult<WatchLine[], void>> | undefined;
  #hasTold = false;

  /** `wanted`: what of each object is read; default all of it. */
  constructor(response: KubeResponse, connection: AbortController, clock: Clock, wanted: Shape = true) {
    const events = new JsonProjection({ members: new Map([['object', wanted]]), others: true });
    this.#iterator = linesOf(response.body, (line) => parseLine(line, events));
    this.#clock = clock;
    this.#connection = connection;
    this.openedAt = clock.now();
  }

  /** Whether anything has arrived yet. */
  get hasTold(): boolean {
    return this.#hasTold;
  }

  async read(silenceMs: number): Promise<Chunk> {
    // Kept when silence wins, so that no chunk is lost between two reads.
    this.#next ??= this.#iterator.next();
    const { promise: silent, resolve } = Promise.withResolvers<'silent'>();
    const cancel = this.#clock.after(silenceMs, () => resolve('silent'));
    try {
      const result = await Promise.race([this.#next, silent]);
      if (result === 'silent') return { type: 'silent' };
      this.#next = undefined;
      if (result.done) return { type: 'ended' };
      this.#hasTold = true;
      return { type: 'lines', lines: result.value };
    } catch (error) {
      this.#next = undefined;
      return { type: 'broken', error };
    } finally {
      cancel();
    }
  }

  close(): void {
    this.#next?.catch(() => {});
    this.#connection.abort();
  }
}
