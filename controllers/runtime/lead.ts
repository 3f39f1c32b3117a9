import { objectHash } from '../../crds/identity.ts';
import type { LeadRequest, LeadResponse, SourceFilter, SubjectsResponse } from '../../crds/report.ts';
import { isFenced } from '../../crds/report.ts';
import { type Shard, shardName } from '../../crds/shard.ts';
import type { Backend } from './backend.ts';
import { Backoff, backoffDelay } from './backoff.ts';
import { type Clock, pause } from './clock.ts';
import type { Logger } from './logger.ts';
import type { ClusterObject } from './object.ts';

/** What leading one source gives its controller: the epoch of its looks, and the two questions that need the backend. */
export interface Leadership {
  readonly epoch: number;
  readonly signal: AbortSignal;
  /** The engine says that this epoch is over: all sources are led again, after a while (see `TERM`). */
  fenced(): void;
  /** Resolves when this process leads again: with a new epoch everything is looked at once more. Never before `fenced`. */
  readonly next: Promise<Leadership>;
  /** Only the set of sources changed: what was looked at in the term before still stands, under new numbers. */
  readonly renewed?: boolean;
  /** Row 7: everything that was listed; what the engine knows besides is gone. Resolves with whether it was taken. */
  sync(listed: readonly ClusterObject[]): Promise<boolean>;
  /** The subjects with active issues of this source, as the engine believes. Empty when the engine refuses. */
  activeSubjects(): Promise<readonly ActiveSubject[]>;
}

export type ActiveSubject = Pick<SubjectsResponse['subjects'][number], 'namespace' | 'subject' | 'observed'>;

export interface LedSource {
  readonly name: string;
  readonly class: 'run' | 'state';
  readonly filter: SourceFilter;
  /** The filter of a sync: may be narrower, never wider than what is listed. */
  readonly syncFilter: (listed: readonly ClusterObject[]) => SourceFilter;
}

export interface LeadOptions {
  manager: string;
  /** Absent: everything that the sources cover. */
  shard?: Shard;
  /** Asked at every lead. Where it gives another list by the time of the answer, that one is led at once. */
  sources: () => readonly LedSource[];
  /** See `LeadRequest`; asked and compared like `sources`. Default: nothing. */
  unknown?: () => readonly string[];
  backend: Backend;
  logger: Logger;
  clock: Clock;
  random: () => number;
  /** Given each term as it begins. */
  onTerm?: (term: LeadTerm) => void;
}

/** The time between two leads. */
export interface LeadTerm {
  /** Of every source that is led now. */
  readonly leaderships: ReadonlyMap<LedSource, Leadership>;
  /** What was reported may be lost: leads again at once. */
  startOver(): void;
  /** The set of sources has changed: leads that one at once. Nothing when the term is over already: the next has it. */
  renew(): void;
}

/**
 * How long a fenced manager waits before it leads again: long enough for the old pod of a rolling update to be gone, and
 * longer each time, because two managers that take the sources from each other look at everything each time. A term that
 * lasted longer than the longest wait was no such quarrel.
 */
const TERM = { base: 30_000, max: 600_000 };

/**
 * Begins to lead the sources: asks until the backend answers, so that a database that is away only delays. Undefined
 * when the signal aborts first.
 */
export async function lead(
  options: LeadOptions,
  signal: AbortSignal,
  begin: TermBegin = { quarrels: 0, renewed: false },
): Promise<LeadTerm | undefined> {
  const { manager, shard } = options;
  let sources = options.sources();
  let unknown = options.unknown?.();
  const body = (): LeadRequest => {
    sources = options.sources();
    unknown = options.unknown?.();
    return {
      manager,
      ...(unknown !== undefined && unknown.length > 0 && { unknown: [...unknown] }),
      ...(shard !== undefined && { shard: shardName(shard) }),
      sources: sources.map(({ name, class: orderClass, filter }) => ({
        ...{ name, class: orderClass },
        filter: { ...filter, ...(shard !== undefined && { shard }) },
      })),
    };
  };
  let response: LeadResponse | undefined;
  do {
    response = await ask<LeadResponse>(options, { method: 'POST', path: '/api/v1/lead', body, persist: true }, signal);
  } while (response !== undefined && (sources !== options.sources() || unknown !== options.unknown?.()));
  if (response === undefined) return undefined;
  // Without an epoch (a proxy that answers for the backend) the first look is fenced, and this is tried again.
  const led = Array.isArray(response?.sources) ? response.sources : [];
  const epochs = new Map(led.map(({ name, epoch }) => [name, epoch]));
  const term = new Term(options, signal, begin);
  for (const source of sources) term.add(source, epochs.get(source.name) ?? 0);
  options.onTerm?.(term);
  return term;
}

interface TermBegin {
  /** How often in a row another manager has ended the term before. */
  readonly quarrels: number;
  /** See `Leadership`. Until the term has begun it may turn out that what was reported is lost. */
  renewed: boolean;
}

/** One request leads all sources, so all of them end together. */
class Term implements LeadTerm {
  readonly leaderships = new Map<LedSource, Leadership>();
  readonly #options: LeadOptions;
  readonly #signal: AbortSignal;
  readonly #begin: TermBegin;
  readonly #since: number;
  readonly #next = Promise.withResolvers<LeadTerm>();
  #isOver = false;
  /** Of the next term, while that is asked for. */
  #following: TermBegin | undefined;

  constructor(options: LeadOptions, signal: AbortSignal, begin: TermBegin) {
    this.#options = options;
    this.#signal = signal;
    this.#begin = begin;
    this.#since = options.clock.now();
  }

  add(source: LedSource, epoch: number): void {
    this.leaderships.set(source, this.#leadership(source, epoch));
  }

  #leadership(source: LedSource, epoch: number): Leadership {
    const [options, signal] = [this.#options, this.#signal];
    const path = `/api/v1/sources/${encodeURIComponent(source.name)}`;
    const fenced = (): void => this.#fenced(source.name, epoch);
    const { shard } = options;
    return {
      epoch,
      signal,
      fenced,
      renewed: this.#begin.renewed,
      // A source that is led no more has no next.
      next: this.#next.promise.then((next) => next.leaderships.get(source) ?? new Promise(() => {})),
      async sync(listed) {
        const objects = listed.map(({ apiVersion, kind, metadata }) =>
          objectHash(apiVersion, kind, metadata.namespace ?? '', metadata.name),
        );
        // Of a kind that is in no namespace one shard has all objects: their issues may be anywhere.
        const isWhole = listed.some(({ metadata }) => metadata.namespace === undefined);
        const body = {
          epoch,
          ...(shard !== undefined && { shard: shardName(shard) }),
          filter: { ...source.syncFilter(listed), ...(shard !== undefined && !isWhole && { shard }) },
          objects,
        };
        const question = { method: 'POST', path: `${path}/sync`, body: () => body, persist: false, fenced } as const;
        return (await ask(options, question, signal)) !== undefined;
      },
      async activeSubjects() {
        const question = { method: 'GET', path: `${path}/subjects?state=Active`, persist: false } as const;
        return (await ask<SubjectsResponse>(options, question, signal))?.subjects ?? [];
      },
    };
  }

  /** What was acknowledged may be lost: leads again, at once unless that has just happened. */
  startOver(): void {
    // A renewal may be on its way for as long as the backend is away, which is when another database takes over.
    if (this.#following !== undefined) this.#following.renewed = false;
    const message = 'another database answers: everything is looked at and reported again';
    void this.#end(
      (quarrels) => (quarrels === 0 ? 0 : this.#wait(quarrels)),
      { server: this.#options.backend.url },
      message,
    );
  }

  renew(): void {
    if (!this.#isOver) void this.#lead(this.#begin.quarrels, true);
  }

  #fenced(source: string, epoch: number): void {
    const message = 'another manager began to lead: leading again soon; only one may run with these controllers';
    void this.#end((quarrels) => this.#wait(quarrels), { source, epoch, manager: this.#options.manager }, message);
  }

  #wait(quarrels: number): number {
    return backoffDelay(quarrels, { ...TERM, random: this.#options.random });
  }

  async #end(wait: (quarrels: number) => number, fields: object, message: string): Promise<void> {
    if (this.#isOver || this.#signal.aborted) return;
    this.#isOver = true;
    const { clock, logger } = this.#options;
    const quarrels = clock.now() - this.#since > TERM.max ? 0 : this.#begin.quarrels;
    const ms = wait(quarrels);
    logger.warn({ ...fields, retryInMs: Math.round(ms) }, message);
    if (ms > 0) await pause(clock, ms, this.#signal);
    await this.#lead(quarrels + 1, false);
  }

  async #lead(quarrels: number, renewed: boolean): Promise<void> {
    this.#isOver = true;
    this.#following = { quarrels, renewed };
    const next = await lead(this.#options, this.#signal, this.#following);
    if (next !== undefined) this.#next.resolve(next);
  }
}

interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Asked at every try. */
  readonly body?: () => unknown;
  /** Ask again also when the backend refuses: a right may be granted later. */
  readonly persist: boolean;
  /** Told when the backend says that this epoch is over. */
  readonly fenced?: () => void;
}

async function ask<T>(options: LeadOptions, question: Question, signal: AbortSignal): Promise<T | undefined> {
  const { backend, clock, logger, random } = options;
  const backoff = new Backoff({ base: 500, max: 30_000, random });
  let said = '';
  while (!signal.aborted) {
    const answer = await backend.call(
      question.method,
      question.path,
      question.body === undefined ? undefined : JSON.stringify(question.body()),
      signal,
    );
    if (signal.aborted) return undefined;
    if (answer.status === 200) return answer.body as T;
    const cause = answer.status === 0 ? answer.error : `HTTP ${answer.status} ${answer.error}`;
    // One line a change of cause, not one a try.
    if (cause !== said)
      logger.warn({ path: question.path, error: cause, server: backend.url }, 'backend does not answer as hoped');
    said = cause;
    if (isFenced(answer)) question.fenced?.();
    if (!answer.again && !question.persist) return undefined;
    await pause(clock, Math.max(answer.retryAfterMs ?? 0, backoff.next()), signal);
  }
  return undefined;
}
