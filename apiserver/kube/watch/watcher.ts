import { setImmediate as immediately } from 'node:timers/promises';
import type { CacheEvent } from '../cache/change-window.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import type { ListOptions } from '../list-options.ts';
import type { ReadyObject } from '../ready-object.ts';
import type { Representation } from '../representation.ts';
import { objectsPerTurn, selects } from '../selectors/object-selector.ts';
import { ApiError, expired } from '../status.ts';
import { Alarm } from './alarm.ts';
import { bookmarkFrame, errorFrame, type Frame, type FrameEncoder, transition } from './frames.ts';

/**
 * One watch, as the lines it consists of. A watcher has no queue: it holds a position in the cache's change window and
 * reads on from there whenever its client has taken what it was given. So a slow client costs no memory; one that
 * falls out of the window is ended cleanly and resumes from its last resourceVersion (W11). Between the snapshot and
 * the live phase there is no gap and no duplicate, because both are read at one position (W10).
 */
export interface WatcherOptions {
  readonly now: () => number;
  /** [0, 1). */
  readonly random: () => number;
  /** ms between bookmarks; also the heartbeat for intermediaries (W5, W16). */
  readonly bookmarkInterval: number;
}

export type WatchEnd = 'timeout' | 'closed' | 'expired' | 'overflow' | 'unavailable';

/** Lines that are handed over at once, so that nobody else waits long: so many, or as soon as they are so many bytes. */
const BATCH = 64;
const BATCH_BYTES = 256 * 1024;
const BOOKMARK_BEFORE_END = 2_000;

type Step = readonly Frame[] | WatchEnd | 'wait';

export class Watcher {
  readonly #cache: WatchCache;
  readonly #encoder: FrameEncoder;
  readonly #request: ListOptions;
  readonly #representation: Representation;
  readonly #options: WatcherOptions;
  #position = 0;
  #epoch = 0;
  #initial: readonly ReadyObject[] = [];
  /** Events older than the window, read when the watch was prepared. */
  #log: readonly CacheEvent[] = [];
  #tooOld = false;
  /** Whether it has read from the window: from then on, falling behind ends it. */
  #live = false;
  #headersSent = false;
  #nextBookmark = Number.POSITIVE_INFINITY;
  #end: WatchEnd = 'closed';

  constructor(
    cache: WatchCache,
    encoder: FrameEncoder,
    request: ListOptions,
    representation: Representation,
    options: WatcherOptions,
  ) {
    this.#cache = cache;
    this.#encoder = encoder;
    this.#request = request;
    this.#representation = representation;
    this.#options = options;
  }

  /** Why it ended; final once `frames` has. */
  get end(): WatchEnd {
    return this.#end;
  }

  /** How many numbers it is behind the cache. */
  get lag(): number {
    return this.#cache.synced ? Math.max(0, this.#cache.resourceVersion - this.#position) : 0;
  }

  /** Finds where to begin. Throws what is answered as a plain error: 503 and 504. An expired start is an event (W6). */
  async prepare(): Promise<void> {
    const { resourceVersion: asked, sendInitialEvents, selector } = this.#request;
    const fromNow = asked === '' || asked === 0 || sendInitialEvents === true;
    if (asked === '') await this.#cache.untilLatest();
    else if (sendInitialEvents) await this.#cache.untilReached(asked);
    else await this.#cache.untilLoaded();
    this.#epoch = this.#cache.epoch;
    this.#position = fromNow ? this.#cache.resourceVersion : asked;
    if (sendInitialEvents ?? fromNow) this.#initial = this.#cache.list(selector.namespace);
    if (this.#position < this.#cache.windowStart) await this.#cache.reachBack(this.#position);
    if (this.#position < this.#cache.floor) this.#tooOld = true;
    else if (this.#position < this.#cache.windowStart) await this.#readLog();
  }

  /** Batches of lines until the watch ends: by its timeout, by `signal`, or because it cannot go on. */
  async *frames(signal: AbortSignal): AsyncGenerator<readonly Frame[]> {
    const started = this.#options.now();
    const deadline = started + this.#timeout();
    this.#scheduleBookmark(started, deadline);
    using alarm = new Alarm((ring) => this.#cache.onAdvance(ring), signal, this.#options.now);
    yield* this.#initialFrames();
    while (!signal.aborted) {
      const next = this.#step(deadline);
      const step = next instanceof Promise ? await next.catch(endWhenUnavailable) : next;
      if (step === 'wait') await alarm.wait(Math.min(deadline, this.#nextBookmark));
      else if (typeof step === 'string') {
        this.#end = step;
        return;
      } else if (step.length > 0) yield step;
      if (this.#end === 'expired') return;
    }
  }

  /** What to do next: lines to hand over, an end, or nothing to do. */
  #step(deadline: number): Step | Promise<Step> {
    const now = this.#options.now();
    if (!this.#cache.synced || this.#cache.epoch !== this.#epoch) return [this.#expired()];
    if (this.#log.length > 0) return this.#logFrames();
    if (this.#tooOld) return [this.#expired()];
    if (this.#position < this.#cache.windowStart) return this.#live ? 'overflow' : this.#logFrames();
    this.#live = true;
    const events = this.#cache.eventsAfter(this.#position, BATCH);
    if (events.length > 0) return this.#liveFrames(events);
    // All changes up to here were looked at: a bookmark may say so. A client that asked for the future stays there.
    this.#position = Math.max(this.#position, this.#cache.resourceVersion);
    if (now >= this.#nextBookmark) {
      this.#scheduleBookmark(now, deadline);
      return [this.#bookmark(false)];
    }
    return now >= deadline ? 'timeout' : 'wait';
  }

  async *#initialFrames(): AsyncGenerator<readonly Frame[]> {
    let batch: Frame[] = [];
    let bytes = 0;
    const turn = objectsPerTurn(this.#request.selector);
    for (const [index, object] of this.#initial.entries()) {
      if (index > 0 && index % turn === 0) await immediately();
      if (!selects(this.#request.selector, object)) continue;
      const frame = this.#encoder.initial(object, this.#representation, this.#headers());
      batch.push(frame);
      bytes += frame.line.length;
      if (batch.length === BATCH || bytes >= BATCH_BYTES) {
        yield batch;
        batch = [];
        bytes = 0;
      }
    }
    this.#initial = [];
    if (this.#request.sendInitialEvents && this.#request.allowWatchBookmarks) batch.push(this.#bookmark(true));
    if (batch.length > 0) yield batch;
  }

  /** Nearly always at once: only a change that was read from the log may lack the version before. */
  #liveFrames(events: readonly CacheEvent[]): readonly Frame[] | Promise<readonly Frame[]> {
    const lacking = this.#lacking(events);
    if (lacking.length === 0) return this.#eventFrames(events).frames;
    return this.#cache.recall(lacking).then(() => this.#eventFrames(events).frames);
  }

  /** Changes that this watcher cannot be told without the version before, because it loses the object (W7). */
  #lacking(events: readonly CacheEvent[]): readonly CacheEvent[] {
    const { selector } = this.#request;
    return events.filter(
      (event) => event.type === 'MODIFIED' && !event.previousObject && transition(selector, event) === 'left',
    );
  }

  /** The lines of the first of `events`, and how many events that are. */
  #eventFrames(events: readonly CacheEvent[]): { frames: Frame[]; taken: number } {
    const { selector } = this.#request;
    const frames: Frame[] = [];
    let bytes = 0;
    for (const [index, event] of events.entries()) {
      this.#position = event.resourceVersion;
      const what = transition(selector, event);
      if (!what) continue;
      const frame = this.#encoder.event(event, what, this.#representation, this.#headers());
      frames.push(frame);
      bytes += frame.line.length;
      if (bytes >= BATCH_BYTES) return { frames, taken: index + 1 };
    }
    return { frames, taken: events.length };
  }

  async #logFrames(): Promise<Frame[]> {
    const events = this.#log.slice(0, BATCH);
    const lacking = this.#lacking(events);
    if (lacking.length > 0) await this.#cache.recall(lacking);
    const { frames, taken } = this.#eventFrames(events);
    this.#log = this.#log.slice(taken);
    if (this.#log.length === 0 && this.#position < this.#cache.windowStart) await this.#readLog();
    return frames;
  }

  async #readLog(): Promise<void> {
    const { events, upTo, floor } = await this.#cache.logAfter(this.#position);
    if (this.#position < floor) this.#tooOld = true;
    this.#log = events;
    if (events.length === 0) this.#position = Math.max(this.#position, upTo);
  }

  #expired(): Frame {
    this.#end = 'expired';
    const floor = this.#cache.synced ? ` (${this.#cache.floor})` : '';
    return errorFrame(expired(`too old resource version: ${this.#position}${floor}`));
  }

  #bookmark(initial: boolean): Frame {
    const { definition } = this.#cache;
    const headers = this.#headers();
    return bookmarkFrame(definition, this.#representation, this.#position, { initial, headers });
  }

  /** True once: the first line of a table watch carries the column definitions (T5). */
  #headers(): boolean {
    if (this.#headersSent) return false;
    this.#headersSent = true;
    return this.#representation.as === 'table';
  }

  /** Reflectors ask for 300–600 s; without a wish 30–60 min, spread so that watches do not end together (W9). */
  #timeout(): number {
    const { timeoutSeconds } = this.#request;
    return timeoutSeconds > 0 ? timeoutSeconds * 1_000 : 1_800_000 * (1 + this.#options.random());
  }

  #scheduleBookmark(now: number, deadline: number): void {
    if (!this.#request.allowWatchBookmarks) return;
    const next = now + this.#options.bookmarkInterval;
    const last = deadline - BOOKMARK_BEFORE_END;
    this.#nextBookmark = now >= last ? Number.POSITIVE_INFINITY : Math.min(next, last);
  }
}

/** The log is asked for older changes and cannot be read: the client resumes from its last resourceVersion later. */
function endWhenUnavailable(error: unknown): 'unavailable' {
  if (error instanceof ApiError && error.reason === 'ServiceUnavailable') return 'unavailable';
  throw error;
}
