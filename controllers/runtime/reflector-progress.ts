import type { Clock } from './clock.ts';
import { AnswerError, type ServedKind } from './discovery.ts';
import { type Fault, faultOf, notInstalled } from './reflector-faults.ts';
import { ReflectorPace } from './reflector-pace.ts';
import type { ReflectorState, Step } from './reflector-state.ts';
import type { SourceEvent, WatchRequest } from './source.ts';

export interface ReflectorProgressOptions {
  /** For messages. */
  readonly server: string;
  readonly request: WatchRequest;
  readonly clock: Clock;
  readonly random: () => number;
  /** ms; 0 is never. */
  readonly relistPeriodMs: number;
}

/** After so many failures in a row at one resourceVersion the list is repeated. */
const FAILURES_TO_RELIST = 3;

/** How far a reflector is: what it was told, and where it goes on after a fault, and when. */
export class ReflectorProgress {
  readonly #options: ReflectorProgressOptions;
  readonly #pace: ReflectorPace;
  /** Failures in a row without anything new. */
  #stuck = 0;
  #silentWatches = 0;
  /** Up to where the watch has told everything, of one version of the kind. */
  #told: { readonly apiVersion: string; readonly resourceVersion: string } | undefined;
  #relistAt = Number.POSITIVE_INFINITY;
  /** The next streamed list is of what is stored now, whatever was told before. */
  fromLatest = false;

  constructor(options: ReflectorProgressOptions) {
    this.#options = options;
    this.#pace = new ReflectorPace(options.clock, options.random);
  }

  /** The kind is served, in this version. */
  served({ apiVersion }: ServedKind): void {
    this.#pace.installed();
    // In another version the same object looks different though nothing happened to it.
    if (this.#told?.apiVersion !== apiVersion) this.#told = undefined;
  }

  /** From where a list must be, at least; undefined: of what is stored now. */
  get listFrom(): string | undefined {
    const from = this.fromLatest ? undefined : this.#told?.resourceVersion;
    return from === '' ? undefined : from;
  }

  /** ms until the safety relist. */
  get relistIn(): number {
    return this.#relistAt - this.#options.clock.now();
  }

  /** A list begins. `of`: its moment, when it was asked for one. */
  listing(of?: string): SourceEvent {
    const resourceVersion = this.#told?.resourceVersion;
    if (resourceVersion === undefined) return { type: 'listing' };
    return { type: 'listing', told: { resourceVersion, exact: of === resourceVersion } };
  }

  listed(served: ServedKind, resourceVersion: string): void {
    const { clock, random, relistPeriodMs: period } = this.#options;
    this.#stuck = 0;
    this.#silentWatches = 0;
    this.fromLatest = false;
    this.#pace.listed();
    this.told(served, resourceVersion);
    this.#relistAt = period > 0 ? clock.now() + period * (0.9 + 0.2 * random()) : Number.POSITIVE_INFINITY;
  }

  /** The watch has told everything up to here. */
  told({ apiVersion }: ServedKind, resourceVersion: string): void {
    this.#told = { apiVersion, resourceVersion };
  }

  /** Nothing that was told can be built upon. */
  forget(): void {
    this.#told = undefined;
  }

  /** A watch told something new. */
  progressed(): void {
    this.#stuck = 0;
    this.#silentWatches = 0;
    this.#pace.progressed();
  }

  /** A watch told nothing for too long; how many in a row did. */
  silent(): number {
    return ++this.#silentWatches;
  }

  /** One more failure; whether there were too many at this place. */
  isStuck(): boolean {
    return ++this.#stuck >= FAILURES_TO_RELIST;
  }

  /** Trying again from the same place does not help for ever. */
  orRelist(again: ReflectorState): ReflectorState {
    return this.isStuck() ? { phase: 'discover' } : again;
  }

  /** Before what comes next, ms. */
  paceOf(next: ReflectorState): number {
    return next.phase === 'openWatch' ? this.#pace.watch() : this.#pace.list();
  }

  notInstalled(): Step {
    const { server, request } = this.#options;
    return this.wait(notInstalled(server, request), this.#pace.absent(), { phase: 'discover' });
  }

  fail(error: unknown, next: ReflectorState, served: ServedKind | undefined, verbs: string): Step {
    const { server, request, random } = this.#options;
    if (error instanceof AnswerError && error.status === 404) return this.notInstalled();
    const retryAfterMs = error instanceof AnswerError ? (error.retryAfterMs ?? 0) : 0;
    // A little later than asked for, each at its own time: else all that were refused together come back together.
    const asked = retryAfterMs * (1 + random() / 4);
    const ms = Math.max(asked, this.paceOf(next));
    // Normal in the life of a watch: nobody needs to hear of it.
    if (error instanceof AnswerError && error.status === 410) return [[], { phase: 'wait', ms, next }];
    const fault = faultOf(error, { server, request, served, verbs });
    return this.wait(fault, ms, next);
  }

  wait(fault: Fault, ms: number, next: ReflectorState): Step {
    return [[{ type: 'waiting', fault: { ...fault, retryInMs: ms } }], { phase: 'wait', ms, next }];
  }
}
