import { type Clock, pause, systemClock } from './clock.ts';
import { AnswerError, asServed, discover, type ServedKind } from './discovery.ts';
import type { KubeClient } from './kube-client.ts';
import { itemsOf } from './list-page.ts';
import type { Logger } from './logger.ts';
import { isClusterObject, type JsonObject } from './object.ts';
import { heldBack, outOfOrder } from './reflector-faults.ts';
import { ReflectorProgress } from './reflector-progress.ts';
import { ReflectorRequests } from './reflector-requests.ts';
import type { ReflectorState, Step } from './reflector-state.ts';
import { isOlder } from './resource-version.ts';
import type { SourceEvent, WatchRequest } from './source.ts';
import { endsInitialEvents, errorOf, versionOf, type WatchLine } from './watch-lines.ts';

/**
 * The reflector: one kind of a live cluster as events, for ever. An explicit state machine, `step(state) → [events,
 * state]`, because a watch has more ways to fail than a loop with flags can keep apart. What it promises: whoever
 * applies the events has, after a while of quiet, exactly the server's objects (docs/watching.md).
 */

export interface ReflectorOptions {
  client: KubeClient;
  logger: Logger;
  clock?: Clock;
  random?: () => number;
  /** Called for every object without a usable identity; it is left out. */
  onMalformed?: (kind: string) => void;
  /**
   * The safety relist: how long after a list everything is listed again, only to see whether the watch told all of it, ms.
   * Each time a tenth more or less. Default 12 hours; 0 is never.
   */
  relistPeriodMs?: number | undefined;
}

/** Pages of 50 to 100 use half the memory of 500 at the same speed (peers.md). */
const PAGE = 100;
/** A page token that expires means that the list is too slow in small steps, and at last in any. */
const LARGER_PAGE = 500;
const EVERYTHING = 0;
/** The server sends a bookmark about every 60 s: silence for longer is a dead connection. */
const SILENCE_MS = 70_000;
/** So many silent watches in a row (12 min): no server is that quiet, something holds its words back. */
const SILENT_WATCHES = 10;
/** A server that does not know streamed lists may just go quiet after its objects. */
const LIST_SILENCE_MS = 10_000;
/** A watch that ends sooner counts as a failure. */
const SHORT_WATCH_MS = 1_000;
/** A streamed list that went quiet twice is not asked for again. */
const QUIET_LISTS = 2;
const RELIST_PERIOD_MS = 12 * 3_600_000;

export type { ReflectorState } from './reflector-state.ts';

export function createReflector(options: ReflectorOptions, request: WatchRequest): Reflector {
  return new Reflector(options, request);
}

export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #request: WatchRequest;
  readonly #clock: Clock;
  readonly #progress: ReflectorProgress;
  readonly #requests: ReflectorRequests;
  /** Until this server has shown that it does not stream lists. */
  #streams = true;
  #quietLists = 0;

  constructor(options: ReflectorOptions, request: WatchRequest) {
    this.#options = options;
    this.#request = request;
    this.#clock = options.clock ?? systemClock;
    const { client, random = Math.random, relistPeriodMs = RELIST_PERIOD_MS } = options;
    const shared = { clock: this.#clock, random };
    this.#progress = new ReflectorProgress({ ...shared, server: client.server, request, relistPeriodMs });
    this.#requests = new ReflectorRequests({ ...shared, client }, request);
  }

  async *watch(signal: AbortSignal): AsyncGenerator<SourceEvent, void, void> {
    let state: ReflectorState = { phase: 'discover' };
    try {
      while (!signal.aborted) {
        const [events, next] = await this.step(state, signal);
        state = next;
        if (signal.aborted) return;
        yield* events;
      }
    } finally {
      if ('stream' in state) state.stream.close();
    }
  }

  /** One transition. Never rejects: a fault is an event and a state that waits. */
  async step(state: ReflectorState, signal: AbortSignal): Promise<Step> {
    switch (state.phase) {
      case 'discover':
        return this.#discover(signal);
      case 'openStream':
        return this.#openStream(state.served, signal);
      case 'receiveList':
        return this.#receiveList(state);
      case 'page':
        return this.#page(state, signal);
      case 'openWatch':
        return this.#openWatch(state, signal);
      case 'watch':
        return this.#readWatch(state);
      case 'wait':
        await pause(this.#clock, state.ms, signal);
        return [[], state.next];
      default:
        return state satisfies never;
    }
  }

  async #discover(signal: AbortSignal): Promise<Step> {
    try {
      const served = await discover(this.#options.client, this.#request, signal);
      if (served === undefined) return this.#progress.notInstalled();
      this.#progress.served(served);
      return [[], this.#list(served)];
    } catch (error) {
      return this.#progress.fail(error, { phase: 'discover' }, undefined, 'discover');
    }
  }

  #list(served: ServedKind): ReflectorState {
    return this.#streams ? { phase: 'openStream', served } : { phase: 'page', served, limit: PAGE };
  }

  /**
   * A list again need not be newer than what the watch has told. To be the latest it would have to wait until what the server
   * serves watches from has caught up with its store: a server that cannot keep up would have nothing to say until its storm
   * is over.
   */
  async #openStream(served: ServedKind, signal: AbortSignal): Promise<Step> {
    const from = this.#progress.listFrom;
    const parameters = {
      ...{ sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' },
      ...(from !== undefined && { resourceVersion: from }),
    };
    try {
      const stream = await this.#requests.watch(served, parameters, signal);
      return [[this.#progress.listing()], { phase: 'receiveList', served, stream }];
    } catch (error) {
      // 422: the feature gate is off; 400: never heard of it.
      if (error instanceof AnswerError && (error.status === 422 || error.status === 400)) {
        this.#streams = false;
        return this.#paged(served);
      }
      return this.#streamFailed(error, served);
    }
  }

  /** The server knows nothing of that moment, not any more or not yet (its store was put back, or it lags): the other way. */
  #streamFailed(error: unknown, served: ServedKind): Step {
    if (error instanceof AnswerError && (error.status === 410 || error.status === 504)) {
      this.#progress.fromLatest = !this.#progress.fromLatest;
    }
    return this.#progress.fail(error, { phase: 'discover' }, served, 'watch');
  }

  #paged(served: ServedKind): Step {
    return [[], { phase: 'page', served, limit: PAGE }];
  }

  async #receiveList(state: ReflectorState & { phase: 'receiveList' }): Promise<Step> {
    const { served, stream } = state;
    const chunk = await stream.read(LIST_SILENCE_MS);
    if (chunk.type !== 'lines') {
      stream.close();
      // A server that is busy may be quiet for once.
      if (chunk.type === 'silent' && ++this.#quietLists >= QUIET_LISTS) this.#streams = false;
      if (chunk.type === 'silent' || this.#progress.isStuck()) return this.#paged(served);
      const error = chunk.type === 'broken' ? chunk.error : new AnswerError(0, 'the list ended before it was complete');
      return this.#progress.fail(error, { phase: 'openStream', served }, served, 'watch');
    }
    const events: SourceEvent[] = [];
    for (const [index, line] of chunk.lines.entries()) {
      if (line.type === 'BOOKMARK') {
        if (!endsInitialEvents(line.object)) {
          // A server that does not know the parameter sends ordinary bookmarks.
          stream.close();
          this.#streams = false;
          return this.#paged(served);
        }
        this.#quietLists = 0;
        const resourceVersion = versionOf(line.object);
        this.#progress.listed(served, resourceVersion);
        const watching = { phase: 'watch', served, resourceVersion, stream } as const;
        const [more, next] = this.#apply(watching, chunk.lines.slice(index + 1));
        return [[...events, { type: 'synced' }, ...more], next];
      }
      if (line.type === 'ERROR' || line.type === 'invalid') {
        stream.close();
        const [waiting, next] = this.#streamFailed(errorOf(line), served);
        return [[...events, ...waiting], next];
      }
      const event = this.#eventOf(line, served);
      if (event?.type === 'applied') events.push({ type: 'listed', objects: [event.object] });
      else if (event !== undefined) events.push(event);
    }
    return [events, state];
  }

  async #page(state: ReflectorState & { phase: 'page' }, signal: AbortSignal): Promise<Step> {
    const { served, limit, exact, at } = state;
    const moment = exact === undefined ? {} : { resourceVersion: exact, resourceVersionMatch: 'Exact' };
    const parameters = {
      ...(limit > 0 && { limit: String(limit) }),
      ...(at === undefined ? moment : { continue: at.token }),
    };
    try {
      const list = await this.#requests.page(served, parameters, signal);
      const objects = itemsOf(list, served, this.#options.onMalformed);
      const resourceVersion = at?.resourceVersion ?? versionOf(list);
      const events: SourceEvent[] = [
        ...(at === undefined ? [this.#progress.listing(resourceVersion)] : []),
        { type: 'listed', objects },
      ];
      const token = list.metadata.continue;
      if (typeof token === 'string' && token !== '') return [events, { ...state, at: { token, resourceVersion } }];
      this.#progress.listed(served, resourceVersion);
      return [[...events, { type: 'synced' }], { phase: 'openWatch', served, resourceVersion }];
    } catch (error) {
      if (exact !== undefined) {
        // That moment is gone, or this server cannot list it: as it is now, then, and from its store. What it serves watches
        // from may be what lost a change.
        this.#progress.fromLatest = true;
        return this.#progress.fail(error, { phase: 'discover' }, served, 'list');
      }
      const expired = error instanceof AnswerError && error.status === 410;
      const larger = limit === PAGE ? LARGER_PAGE : EVERYTHING;
      if (expired) return this.#progress.fail(error, { phase: 'page', served, limit: larger }, served, 'list');
      return this.#progress.fail(error, at === undefined ? { phase: 'discover' } : state, served, 'list');
    }
  }

  async #openWatch(state: ReflectorState & { phase: 'openWatch' }, signal: AbortSignal): Promise<Step> {
    const { served, resourceVersion } = state;
    try {
      const stream = await this.#requests.watch(served, { resourceVersion }, signal);
      return [[{ type: 'watching' }], { phase: 'watch', served, resourceVersion, stream }];
    } catch (error) {
      const relist = error instanceof AnswerError && error.status >= 400 && error.status < 500 && error.status !== 429;
      return this.#progress.fail(
        error,
        relist ? { phase: 'discover' } : this.#progress.orRelist(state),
        served,
        'watch',
      );
    }
  }

  async #readWatch(state: ReflectorState & { phase: 'watch' }): Promise<Step> {
    const { served, resourceVersion, stream } = state;
    const { relistIn } = this.#progress;
    if (relistIn <= 0) {
      stream.close();
      return [[], { phase: 'page', served, limit: PAGE, exact: resourceVersion }];
    }
    const chunk = await stream.read(Math.min(SILENCE_MS, relistIn));
    if (chunk.type === 'lines') return this.#apply(state, chunk.lines);
    if (chunk.type === 'silent' && relistIn < SILENCE_MS) return [[], state];
    stream.close();
    const again = { phase: 'openWatch', served, resourceVersion } as const;
    if (chunk.type === 'silent') return this.#silent(again);
    if (chunk.type === 'broken')
      return this.#progress.fail(chunk.error, this.#progress.orRelist(again), served, 'watch');
    if (this.#clock.now() - stream.openedAt >= SHORT_WATCH_MS) return [[], again];
    // Without a fault to tell: some proxies cut every connection early.
    const next = stream.hasTold ? again : this.#progress.orRelist(again);
    return [[], { phase: 'wait', ms: this.#progress.paceOf(next), next }];
  }

  /** Resumed: it costs little. But what comes between and keeps words back would do that for ever. */
  #silent(again: ReflectorState & { phase: 'openWatch' }): Step {
    if (this.#progress.silent() < SILENT_WATCHES) return [[], again];
    this.#progress.fromLatest = true;
    const fault = heldBack(this.#options.client.server, again.served, SILENT_WATCHES * (SILENCE_MS / 60_000));
    const next = { phase: 'discover' } as const;
    return this.#progress.wait(fault, this.#progress.paceOf(next), next);
  }

  #apply(state: ReflectorState & { phase: 'watch' }, lines: readonly WatchLine[]): Step {
    const { served, stream } = state;
    let { resourceVersion } = state;
    const events: SourceEvent[] = [];
    const told = (): void => this.#progress.told(served, resourceVersion);
    for (const line of lines) {
      if (line.type === 'ERROR' || line.type === 'invalid') {
        stream.close();
        told();
        const error = errorOf(line);
        const again = { phase: 'openWatch', served, resourceVersion } as const;
        const next: ReflectorState = error.status === 410 ? { phase: 'discover' } : this.#progress.orRelist(again);
        const [waiting, then] = this.#progress.fail(error, next, served, 'watch');
        return [[...events, ...waiting], then];
      }
      const version = versionOf(line.object);
      if (isOlder(version, resourceVersion)) {
        // Some servers tell of a deletion with the version from before it, and it is true at any time.
        if (line.type !== 'DELETED') return this.#notInOrder(state, events, { version, after: resourceVersion });
      } else resourceVersion = version || resourceVersion;
      this.#progress.progressed();
      const event = this.#eventOf(line, served);
      if (event !== undefined) events.push(event);
    }
    told();
    return [events, { ...state, resourceVersion }];
  }

  /**
   * No server does this: something between repeats or reorders events, or the store was put back to an earlier day.
   * Nothing that this watch said can be built upon, and it is no news that a list finds more.
   */
  #notInOrder(
    { served, stream }: ReflectorState & { phase: 'watch' },
    events: readonly SourceEvent[],
    order: { version: string; after: string },
  ): Step {
    stream.close();
    this.#progress.forget();
    const fault = outOfOrder(this.#options.client.server, served, order);
    const then = { phase: 'discover' } as const;
    const [waiting, next] = this.#progress.wait(fault, this.#progress.paceOf(then), then);
    return [[...events, ...waiting], next];
  }

  #eventOf(line: WatchLine & { object: JsonObject }, served: ServedKind): SourceEvent | undefined {
    const { type } = line;
    if (type === 'BOOKMARK') return undefined;
    const object = asServed(line.object, served);
    if (!isClusterObject(object)) {
      this.#options.onMalformed?.(this.#request.kind);
      return undefined;
    }
    return type === 'DELETED' ? { type: 'deleted', object } : { type: 'applied', object };
  }
}
