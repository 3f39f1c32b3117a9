import { Backoff } from './backoff.ts';
import { type Clock, pause, systemClock } from './clock.ts';
import { AnswerError, answerError, collectionPath, discover, jsonOf, type ServedKind } from './discovery.ts';
import type { KubeClient } from './kube-client.ts';
import type { Logger } from './logger.ts';
import { type ClusterObject, isClusterObject, isRecord, type JsonObject } from './object.ts';
import { type Fault, faultOf, notInstalled } from './reflector-faults.ts';
import type { SourceEvent, WatchRequest } from './source.ts';
import { type WatchLine, WatchStream } from './watch-stream.ts';

/**
 * The reflector: one kind of a live cluster as events, for ever. An explicit state machine, `step(state) → [events,
 * state]`, because a watch has more ways to fail than a loop with flags can keep apart. What it promises: whoever
 * applies the events has, after a while of quiet, exactly the server's objects.
 */

export interface ReflectorOptions {
  client: KubeClient;
  logger: Logger;
  clock?: Clock;
  random?: () => number;
  /** Called for every object without a usable identity; it is left out. */
  onMalformed?: (kind: string) => void;
}

export type ReflectorState =
  /** Which version, and where. Also the way back when the list is to be repeated. */
  | { readonly phase: 'discover' }
  /** A streamed list (WatchList): less memory on both sides, and already the watch. */
  | { readonly phase: 'openStream'; readonly served: ServedKind }
  | { readonly phase: 'receiveList'; readonly served: ServedKind; readonly stream: WatchStream }
  | {
      readonly phase: 'page';
      readonly served: ServedKind;
      readonly limit: number;
      readonly at?: { readonly token: string; readonly resourceVersion: string };
    }
  | { readonly phase: 'openWatch'; readonly served: ServedKind; readonly resourceVersion: string }
  | {
      readonly phase: 'watch';
      readonly served: ServedKind;
      readonly resourceVersion: string;
      readonly stream: WatchStream;
    }
  | { readonly phase: 'wait'; readonly ms: number; readonly next: ReflectorState };

type Step = readonly [events: readonly SourceEvent[], next: ReflectorState];

/** Pages of 50 to 100 use half the memory of 500 at the same speed (peers.md). */
const PAGE = 100;
/** A page token that expires means that the list is too slow in small steps. */
const LARGER_PAGE = 500;
/** The server sends a bookmark about every 60 s: silence for longer is a dead connection. */
const SILENCE_MS = 70_000;
/** A server that does not know streamed lists may just go quiet after its objects. */
const LIST_SILENCE_MS = 10_000;
/** A watch that ends sooner, and without an event, counts as a failure. */
const SHORT_WATCH_MS = 1_000;
/** After so many failures in a row at one resourceVersion the list is repeated. */
const FAILURES_TO_RELIST = 3;
const NOT_INSTALLED = { base: 5_000, max: 60_000 };
const FAILED = { base: 800, max: 30_000 };
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

export function createReflector(options: ReflectorOptions, request: WatchRequest): Reflector {
  return new Reflector(options, request);
}

export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #request: WatchRequest;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #failed: Backoff;
  readonly #absent: Backoff;
  /** Until this server has shown that it does not stream lists. */
  #streams = true;

  constructor(options: ReflectorOptions, request: WatchRequest) {
    this.#options = options;
    this.#request = request;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#failed = new Backoff({ ...FAILED, random: this.#random });
    this.#absent = new Backoff({ ...NOT_INSTALLED, random: this.#random });
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
        return this.#wait(notInstalled(this.#options.client.server, this.#request), this.#absent.next(), {
          phase: 'discover',
        });
      }
      this.#absent.reset();
      return [[], this.#list(served)];
    } catch (error) {
      return this.#fail(error, { phase: 'discover' }, undefined, 'discover');
    }
  }

  #list(served: ServedKind): ReflectorState {
    return this.#streams ? { phase: 'openStream', served } : { phase: 'page', served, limit: PAGE };
  }

  async #openStream(served: ServedKind, signal: AbortSignal): Promise<Step> {
    const parameters = { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' };
    try {
      const stream = await this.#open(served, parameters, signal);
      return [[{ type: 'listing' }], { phase: 'receiveList', served, stream }];
    } catch (error) {
      // 422: the feature gate is off; 400: never heard of it.
      if (error instanceof AnswerError && (error.status === 422 || error.status === 400)) return this.#paged(served);
      return this.#fail(error, { phase: 'discover' }, served, 'watch');
    }
  }

  #paged(served: ServedKind): Step {
    this.#streams = false;
    return [[], { phase: 'page', served, limit: PAGE }];
  }

  async #receiveList(state: ReflectorState & { phase: 'receiveList' }): Promise<Step> {
    const { served, stream } = state;
    const chunk = await stream.read(LIST_SILENCE_MS);
    if (chunk.type !== 'lines') {
      stream.close();
      if (chunk.type === 'silent' || this.#failed.attempts >= FAILURES_TO_RELIST) return this.#paged(served);
      const error = chunk.type === 'broken' ? chunk.error : new AnswerError(0, 'the list ended before it was complete');
      return this.#fail(error, { phase: 'openStream', served }, served, 'watch');
    }
    const events: SourceEvent[] = [];
    for (const [index, line] of chunk.lines.entries()) {
      if (line.type === 'BOOKMARK') {
        if (!endsInitialEvents(line.object)) {
          // A server that does not know the parameter sends ordinary bookmarks.
          stream.close();
          return this.#paged(served);
        }
        this.#failed.reset();
        const resourceVersion = versionOf(line.object);
        const watching = { phase: 'watch', served, resourceVersion, stream } as const;
        const [more, next] = this.#apply(watching, chunk.lines.slice(index + 1));
        return [[...events, { type: 'synced' }, ...more], next];
      }
      if (line.type === 'ERROR' || line.type === 'invalid') {
        stream.close();
        const [waiting, next] = this.#fail(errorOf(line), { phase: 'discover' }, served, 'watch');
        return [[...events, ...waiting], next];
      }
      const event = this.#eventOf(line);
      if (event?.type === 'applied') events.push({ type: 'listed', objects: [event.object] });
      else if (event !== undefined) events.push(event);
    }
    return [events, state];
  }

  async #page(state: ReflectorState & { phase: 'page' }, signal: AbortSignal): Promise<Step> {
    const { served, limit, at } = state;
    const query = this.#query(
      at === undefined ? { limit: String(limit) } : { limit: String(limit), continue: at.token },
    );
    try {
      const response = await this.#options.client.request(
        `${collectionPath(served, this.#request.namespace)}?${query}`,
        { signal },
      );
      const list = await jsonOf(response);
      if (!isRecord(list) || !isRecord(list.metadata)) throw new AnswerError(0, 'the answer is not a list');
      const objects = this.#items(list, served);
      const resourceVersion = at?.resourceVersion ?? versionOf(list);
      const events: SourceEvent[] = [
        ...(at === undefined ? [{ type: 'listing' } as const] : []),
        { type: 'listed', objects },
      ];
      const token = list.metadata.continue;
      if (typeof token === 'string' && token !== '')
        return [events, { phase: 'page', served, limit, at: { token, resourceVersion } }];
      this.#failed.reset();
      return [[...events, { type: 'synced' }], { phase: 'openWatch', served, resourceVersion }];
    } catch (error) {
      const expired = error instanceof AnswerError && error.status === 410;
      if (expired) return this.#fail(error, { phase: 'page', served, limit: LARGER_PAGE }, served, 'list');
      return this.#fail(error, at === undefined ? { phase: 'discover' } : state, served, 'list');
    }
  }

  async #openWatch(state: ReflectorState & { phase: 'openWatch' }, signal: AbortSignal): Promise<Step> {
    const { served, resourceVersion } = state;
    try {
      const stream = await this.#open(served, { resourceVersion }, signal);
      return [[{ type: 'watching' }], { phase: 'watch', served, resourceVersion, stream }];
    } catch (error) {
      const relist = error instanceof AnswerError && error.status >= 400 && error.status < 500 && error.status !== 429;
      return this.#fail(error, relist ? { phase: 'discover' } : this.#orRelist(state), served, 'watch');
    }
  }

  async #readWatch(state: ReflectorState & { phase: 'watch' }): Promise<Step> {
    const { served, resourceVersion, stream } = state;
    const chunk = await stream.read(SILENCE_MS);
    if (chunk.type === 'lines') return this.#apply(state, chunk.lines);
    stream.close();
    const again = { phase: 'openWatch', served, resourceVersion } as const;
    if (chunk.type === 'silent') return [[], again];
    if (chunk.type === 'broken') return this.#fail(chunk.error, this.#orRelist(again), served, 'watch');
    const isShort = this.#clock.now() - stream.openedAt < SHORT_WATCH_MS;
    // Without a fault to tell: some proxies cut every connection early.
    return isShort ? [[], { phase: 'wait', ms: this.#failed.next(), next: this.#orRelist(again) }] : [[], again];
  }

  #apply(state: ReflectorState & { phase: 'watch' }, lines: readonly WatchLine[]): Step {
    const { served, stream } = state;
    let { resourceVersion } = state;
    const events: SourceEvent[] = [];
    for (const line of lines) {
      if (line.type === 'ERROR' || line.type === 'invalid') {
        stream.close();
        const error = errorOf(line);
        const again = { phase: 'openWatch', served, resourceVersion } as const;
        const next: ReflectorState = error.status === 410 ? { phase: 'discover' } : this.#orRelist(again);
        const [waiting, then] = this.#fail(error, next, served, 'watch');
        return [[...events, ...waiting], then];
      }
      this.#failed.reset();
      resourceVersion = versionOf(line.object) || resourceVersion;
      const event = this.#eventOf(line);
      if (event !== undefined) events.push(event);
    }
    return [events, { ...state, resourceVersion }];
  }

  #eventOf({ type, object }: WatchLine & { object: JsonObject }): SourceEvent | undefined {
    if (type === 'BOOKMARK') return undefined;
    if (!isClusterObject(object)) {
      this.#options.onMalformed?.(this.#request.kind);
      return undefined;
    }
    return type === 'DELETED' ? { type: 'deleted', object } : { type: 'applied', object };
  }

  /** The items of a list leave out what the list says. */
  #items(list: JsonObject, { apiVersion, kind }: ServedKind): ClusterObject[] {
    const items: readonly unknown[] = Array.isArray(list.items) ? list.items : [];
    const objects = items
      .map((item) => (isRecord(item) ? { apiVersion, kind, ...item } : item))
      .filter(isClusterObject);
    for (let malformed = items.length - objects.length; malformed > 0; malformed--) this.#options.onMalformed?.(kind);
    return objects;
  }

  async #open(served: ServedKind, parameters: Record<string, string>, signal: AbortSignal): Promise<WatchStream> {
    // The server ends a watch after this time; the spread keeps all of ours from ending together.
    const timeoutSeconds = String(Math.round(300 + 300 * this.#random()));
    const query = this.#query({ watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds, ...parameters });
    const connection = new AbortController();
    const either = AbortSignal.any([signal, connection.signal]);
    const path = `${collectionPath(served, this.#request.namespace)}?${query}`;
    const response = await this.#options.client.request(path, { signal: either, stream: true });
    if (response.status === 200) return new WatchStream(response, connection, this.#clock);
    throw answerError(response.status, await response.text(), response.retryAfterMs);
  }

  #query(parameters: Record<string, string>): string {
    const { labelSelector, fieldSelector } = this.#request;
    const all = { ...parameters, ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) };
    return new URLSearchParams(all).toString();
  }

  /** Trying again from the same place does not help for ever. */
  #orRelist(again: ReflectorState): ReflectorState {
    return this.#failed.attempts + 1 >= FAILURES_TO_RELIST ? { phase: 'discover' } : again;
  }

  #fail(error: unknown, next: ReflectorState, served: ServedKind | undefined, verbs: string): Step {
    const retryAfterMs = error instanceof AnswerError ? (error.retryAfterMs ?? 0) : 0;
    const ms = Math.max(retryAfterMs, this.#failed.next());
    // Normal in the life of a watch: nobody needs to hear of it.
    if (error instanceof AnswerError && error.status === 410) return [[], { phase: 'wait', ms, next }];
    if (error instanceof AnswerError && error.status === 404) {
      return this.#wait(notInstalled(this.#options.client.server, this.#request), this.#absent.next(), {
        phase: 'discover',
      });
    }
    const fault = faultOf(error, { server: this.#options.client.server, request: this.#request, served, verbs });
    return this.#wait(fault, ms, next);
  }

  #wait(fault: Fault, ms: number, next: ReflectorState): Step {
    return [[{ type: 'waiting', fault: { ...fault, retryInMs: ms } }], { phase: 'wait', ms, next }];
  }
}

function endsInitialEvents({ metadata }: JsonObject): boolean {
  return isRecord(metadata) && isRecord(metadata.annotations) && metadata.annotations[INITIAL_EVENTS_END] === 'true';
}

function versionOf({ metadata }: JsonObject): string {
  return isRecord(metadata) && typeof metadata.resourceVersion === 'string' ? metadata.resourceVersion : '';
}

function errorOf(line: WatchLine): AnswerError {
  if (line.type === 'invalid') return new AnswerError(0, `a watch sent a line that is no event: ${line.text}`);
  const { code, message, reason } = line.object;
  const status = reason === 'Expired' || reason === 'Gone' ? 410 : Number(code) || 500;
  return new AnswerError(status, String(message ?? 'the watch ended with an error'), { reason: String(reason ?? '') });
}
