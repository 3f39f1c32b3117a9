import { ByteChunks } from '../byte-chunks.ts';
import type { CacheEvent } from '../cache/change-window.ts';
import { cellsLength, objectLength, type ReadyObject, withResourceVersion } from '../ready-object.ts';
import { bookmarkObject, type Representation, representationKey, writeSingle } from '../representation.ts';
import type { ResourceDefinition } from '../resource.ts';
import { type ObjectSelector, selects } from '../selectors/object-selector.ts';
import type { ApiError } from '../status.ts';

/** What a change means to one watcher; `left`: the object is there still, but no longer selected. */
export type Transition = 'ADDED' | 'MODIFIED' | 'DELETED' | 'left';

/** The old/new match matrix (W7). Undefined: this watcher never knew of the object and still does not. */
export function transition(selector: ObjectSelector, event: CacheEvent): Transition | undefined {
  const before = event.previous !== undefined && selects(selector, event.previous);
  if (event.type === 'DELETED') return before ? 'DELETED' : undefined;
  const after = selects(selector, event.object);
  if (after) return before ? 'MODIFIED' : 'ADDED';
  return before ? 'left' : undefined;
}

/** A line of a watch, with its line feed, and the same as a chunk of HTTP/1.1, in whose memory it lies. */
export interface Frame {
  readonly line: Buffer;
  readonly chunk: Buffer;
}

/** What a line has besides the object. */
const FRAME_BYTES = 512;
const HEADER_NEEDED = 'headers';

/**
 * Encodes events as lines of a watch (W1), each once for all watchers that see it in the same way. Keeps the lines of
 * the last events only: a watcher that is slower encodes for itself.
 */
export class FrameEncoder {
  readonly #definition: ResourceDefinition;
  readonly #now: () => number;
  readonly #remembered: number;
  readonly #frames = new Map<CacheEvent, Map<string, Frame>>();

  constructor(definition: ResourceDefinition, now: () => number, remembered = 256) {
    this.#definition = definition;
    this.#now = now;
    this.#remembered = remembered;
  }

  /** The line for a change. `headers`: the first of a watch, which carries a table's columns (T5). */
  event(event: CacheEvent, what: Transition, representation: Representation, headers: boolean): Frame {
    const key = `${what}/${representationKey(representation)}${headers ? HEADER_NEEDED : ''}`;
    const frames = this.#framesOf(event);
    const known = frames.get(key);
    if (known) return known;
    const frame = this.#encode(event, what, representation, headers);
    frames.set(key, frame);
    return frame;
  }

  /** The line for an object that was there when the watch began. */
  initial(object: ReadyObject, representation: Representation, headers: boolean): Frame {
    return this.#line('ADDED', object, representation, headers);
  }

  #encode(event: CacheEvent, what: Transition, representation: Representation, headers: boolean): Frame {
    if (what !== 'left') return this.#line(what, event.object, representation, headers);
    // The last state that the watcher knew, with the number of the change that took it away.
    const known = event.previousObject ?? event.object;
    return this.#line('DELETED', withResourceVersion(known, event.resourceVersion), representation, headers);
  }

  #line(type: string, object: ReadyObject, representation: Representation, headers: boolean): Frame {
    const ofCells = representation.as === 'table' ? cellsLength(object) + FRAME_BYTES : FRAME_BYTES;
    const chunks = new ByteChunks(objectLength(object) + ofCells);
    chunks.text(`{"type":"${type}","object":`);
    writeSingle(chunks, this.#definition, representation, object, { now: this.#now(), headers });
    chunks.text('}\n');
    return frameOf(chunks.takeAll());
  }

  #framesOf(event: CacheEvent): Map<string, Frame> {
    const known = this.#frames.get(event);
    if (known) return known;
    const frames = new Map<string, Frame>();
    this.#frames.set(event, frames);
    if (this.#frames.size > this.#remembered) this.#frames.delete(this.#frames.keys().next().value as CacheEvent);
    return frames;
  }
}

/** The line of a bookmark; `initial` marks the end of the initial events (W3, W5). */
export function bookmarkFrame(
  definition: ResourceDefinition,
  representation: Representation,
  resourceVersion: number,
  { initial, headers }: { initial: boolean; headers: boolean },
): Frame {
  const annotations = initial ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  const metadata = { resourceVersion: String(resourceVersion), ...annotations };
  const object = bookmarkObject(definition, representation, metadata, headers);
  return frameOf([Buffer.from(`{"type":"BOOKMARK","object":${object}}\n`)]);
}

/** The line that ends a watch: never transformed, whatever was negotiated (W6, T8). */
export function errorFrame(error: ApiError): Frame {
  return frameOf([Buffer.from(`{"type":"ERROR","object":${JSON.stringify(error.toStatus())}}\n`)]);
}

/** Framed once for all watches: with a thousand of them, a third of what an event cost was framing it for each. */
function frameOf(parts: readonly Buffer[]): Frame {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.from(`${length.toString(16)}\r\n`);
  const chunk = Buffer.concat([head, ...parts, CRLF]);
  return { chunk, line: chunk.subarray(head.length, head.length + length) };
}

const CRLF = Buffer.from('\r\n');
