import { type Clock, pause, systemClock } from './clock.ts';
import { AnswerError, asServed, discover, type ServedKind } from './discovery.ts';
import type { KubeClient } from './kube-client.ts';
import { itemsOf } from './list-page.ts';
import type { Logger } from './logger.ts';
import { isClusterObject, type JsonObject } from './object.ts';
import { type Fault, faultOf, heldBack, notInstalled, outOfOrder } from './reflector-faults.ts';
import { ReflectorPace } from './reflector-pace.ts';
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
/** After so many failures in a row at one resourceVersion the list is repeated. */
const FAILURES_TO_RELIST = 3;
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
  readonly #random: () => number;
  readonly #pace: ReflectorPace;
  readonly #requests: ReflectorRequests;
  /** Until this server has shown that it does not stream lists. */
  #streams = true;
  #quietLists = 0;
  #silentWatches = 0;
  /** Failures in a row without anything new. */
  #stuck = 0;
  /** Up to where the watch has told everything, of one version of the kind. */
  #told: { readonly apiVersion: string; readonly resourceVersion: string } | undefined;
  #relistAt = Number.POSITIVE_INFINITY;
  /** The next streamed list is of what is stored now, whatever was told before. */
  #fromLatest = false;

  constructor(options: ReflectorOptions, request: WatchRequest) {
    this.#options = options;
    this.#request = request;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#pace = new ReflectorPace(this.#clock, this.#random);
    this.#requests = new ReflectorRequests(
      { client: options.client, clock: this.#clock, random: this.#random },
      request,
    );
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
      if (served === undefined) {
        return this.#wait(notInstalled(this.#options.client.server, this.#request), this.#pace.absent(), {
          phase: 'discover',
        });
      }
      this.#pace.installed();
      // In another version the same object looks different though nothing happened to it.
      if (this.#told?.apiVersion !== served.apiVersion) this.#told = undefined;
      return [[], this.#list(served)];
    } catch (error) {
      return this.#fail(error, { phase: 'discover' }, undefined, 'discover');
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
    const from = this.#fromLatest ? undefined : this.#told?.resourceVersion;
    const parameters = {
      ...{ sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' },
      ...(from !== undefined && from !== '' && { resourceVersion: from }),
    };
    try {
      const stream = await this.#requests.watch(served, parameters, signal);
      return [[this.#listing()], { phase: 'receiveList', served, stream }];
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
      this.#fromLatest = !this.#fromLatest;
    }
    return this.#fail(error, { phase: 'discover' }, served, 'watch');
  }

  #paged(served: ServedKind): Step {
    return [[], { phase: 'page', served, limit: PAGE }];
  }

  /** `of`: the moment of the list, when it was asked for one. */
  #listing(of?: string): SourceEvent {
    const resourceVersion = this.#told?.resourceVersion;
    if (resourceVersion === undefined) return { type: 'listing' };
    return { type: 'listing', told: { resourceVersion, exact: of === resourceVersion } };
  }

  #listed({ apiVersion }: ServedKind, resourceVersion: string): void {
    this.#stuck = 0;
    this.#silentWatches = 0;
    this.#fromLatest = false;
    this.#pace.listed();
    this.#told = { apiVersion, resourceVersion };
    const { relistPeriodMs: period = RELIST_PERIOD_MS } = this.#options;
    this.#relistAt = period > 0 ? this.#clock.now() + period * (0.9 + 0.2 * this.#random()) : Number.POSITIVE_INFINITY;
  }

  async #receiveList(state: ReflectorState & { phase: 'receiveList' }): Promise<Step> {
    const { served, stream } = state;
    const chunk = await stream.read(LIST_SILENCE_MS);
    if (chunk.type !== 'lines') {
      stream.close();
      // A server that is busy may be quiet for once.
      if (chunk.type === 'silent' && ++this.#quietLists >= QUIET_LISTS) this.#streams = false;
      if (chunk.type === 'silent' || ++this.#stuck >= FAILURES_TO_RELIST) return this.#paged(served);
      const error = chunk.type === 'broken' ? chunk.error : new AnswerError(0, 'the list ended before it was complete');
      return this.#fail(error, { phase: 'openStream', served }, served, 'watch');
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
        this.#listed(served, resourceVersion);
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
        ...(at === undefined ? [this.#listing(resourceVersion)] : []),
        { type: 'listed', objects },
      ];
      const token = list.metadata.continue;
      if (typeof token === 'string' && token !== '') return [events, { ...state, at: { token, resourceVersion } }];
      this.#listed(served, resourceVersion);
      return [[...events, { type: 'synced' }], { phase: 'openWatch', served, resourceVersion }];
    } catch (error) {
      if (exact !== undefined) {
        // That moment is gone, or this server cannot list it: as it is now, then, and from its store. What it serves watches
        // from may be what lost a change.
        this.#fromLatest = true;
        return this.#fail(error, { phase: 'discover' }, served, 'list');
      }
      const expired = error instanceof AnswerError && error.status === 410;
      const larger = limit === PAGE ? LARGER_PAGE : EVERYTHING;
      if (expired) return this.#fail(error, { phase: 'page', served, limit: larger }, served, 'list');
      return this.#fail(error, at === undefined ? { phase: 'discover' } : state, served, 'list');
    }
  }

  async #openWatch(state: ReflectorState & { phase: 'openWatch' }, signal: AbortSignal): Promise<Step> {
    const { served, resourceVersion } = state;
    try {
      const stream = await this.#requests.watch(served, { resourceVersion }, signal);
      return [[{ type: 'watching' }], { phase: 'watch', served, resourceVersion, stream }];
    } catch (error) {
      const relist = error instanceof AnswerError && error.status >= 400 && error.status < 500 && error.status !== 429;
      return this.#fail(error, relist ? { phase: 'discover' } : this.#orRelist(state), served, 'watch');
    }
  }

  async #readWatch(state: ReflectorState & { phase: 'watch' }): Promise<Step> {
    const { served, resourceVersion, stream } = state;
    const relistIn = this.#relistAt - this.#clock.now();
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
    if (chunk.type === 'broken') return this.#fail(chunk.error, this.#orRelist(again), served, 'watch');
    if (this.#clock.now() - stream.openedAt >= SHORT_WATCH_MS) return [[], again];
    // Without a fault to tell: some proxies cut every connection early.
    const next = stream.hasTold ? again : this.#orRelist(again);
    return [[], { phase: 'wait', ms: this.#paceOf(next), next }];
  }

  /** Resumed: it costs little. But what comes between and keeps words back would do that for ever. */
  #silent(again: ReflectorState & { phase: 'openWatch' }): Step {
    if (++this.#silentWatches < SILENT_WATCHES) return [[], again];
    this.#fromLatest = true;
    const fault = heldBack(this.#options.client.server, again.served, SILENT_WATCHES * (SILENCE_MS / 60_000));
    return this.#wait(fault, this.#pace.list(), { phase: 'discover' });
  }

  #apply(state: ReflectorState & { phase: 'watch' }, lines: readonly WatchLine[]): Step {
    const { served, stream } = state;
    let { resourceVersion } = state;
    const events: SourceEvent[] = [];
    const told = (): void => {
      this.#told = { apiVersion: served.apiVersion, resourceVersion };
    };
    for (const line of lines) {
      if (line.type === 'ERROR' || line.type === 'invalid') {
        stream.close();
        told();
        const error = errorOf(line);
        const again = { phase: 'openWatch', served, resourceVersion } as const;
        const next: ReflectorState = error.status === 410 ? { phase: 'discover' } : this.#orRelist(again);
        const [waiting, then] = this.#fail(error, next, served, 'watch');
        return [[...events, ...waiting], then];
      }
      const version = versionOf(line.object);
      if (isOlder(version, resourceVersion)) {
        // Some servers tell of a deletion with the version from before it, and it is true at any time.
        if (line.type !== 'DELETED') return this.#notInOrder(state, events, { version, after: resourceVersion });
      } else resourceVersion = version || resourceVersion;
      this.#stuck = 0;
      this.#silentWatches = 0;
      this.#pace.progressed();
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
    this.#told = undefined;
    const fault = outOfOrder(this.#options.client.server, served, order);
    const [waiting, next] = this.#wait(fault, this.#pace.list(), { phase: 'discover' });
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

  /** Trying again from the same place does not help for ever. */
  #orRelist(again: ReflectorState): ReflectorState {
    return ++this.#stuck >= FAILURES_TO_RELIST ? { phase: 'discover' } : again;
  }

  #paceOf(next: ReflectorState): number {
    return next.phase === 'openWatch' ? this.#pace.watch() : this.#pace.list();
  }

  #fail(error: unknown, next: ReflectorState, served: ServedKind | undefined, verbs: string): Step {
    const { server } = this.#options.client;
    if (error instanceof AnswerError && error.status === 404) {
      return this.#wait(notInstalled(server, this.#request), this.#pace.absent(), { phase: 'discover' });
    }
    const retryAfterMs = error instanceof AnswerError ? (error.retryAfterMs ?? 0) : 0;
    // A little later than asked for, each at its own time: else all that were refused together come back together.
    const asked = retryAfterMs * (1 + this.#random() / 4);
    const ms = Math.max(asked, this.#paceOf(next));
    // Normal in the life of a watch: nobody needs to hear of it.
    if (error instanceof AnswerError && error.status === 410) return [[], { phase: 'wait', ms, next }];
    const fault = faultOf(error, { server, request: this.#request, served, verbs });
    return this.#wait(fault, ms, next);
  }

  #wait(fault: Fault, ms: number, next: ReflectorState): Step {
    return [[{ type: 'waiting', fault: { ...fault, retryInMs: ms } }], { phase: 'wait', ms, next }];
  }
}
