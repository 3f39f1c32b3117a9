import type { Report, ReportResult, ReportsResponse } from '../../crds/report.ts';
import { isCrowded, isLimited, MAX_REPORTS } from '../../crds/report.ts';
import { batchOf, type Span, type SpanContext, type Tracer } from '../../tracing/tracer.ts';
import type { Backend, BackendAnswer } from './backend.ts';
import { Backoff } from './backoff.ts';
import { type Clock, pause } from './clock.ts';
import type { Logger } from './logger.ts';
import { refusalStatus, resultsOf } from './report-answers.ts';
import { aboutOf, placeOf, stateSubject } from './report-keys.ts';
import type { Sink } from './sink.ts';
import { SinkRests } from './sink-rests.ts';

export interface HttpSinkOptions {
  backend: Backend;
  logger: Logger;
  clock: Clock;
  random: () => number;
  /** Reports that may wait before `room` blocks. Default 5,000. */
  capacity?: number;
  /** Default: nothing is traced. */
  tracer?: Tracer | undefined;
  /** Told when another database answers: it may lack what was acknowledged before. */
  onOtherDatabase?: () => void;
  /** Characters of JSON that may wait: 5,000 reports with 500 findings each would fill any memory. Default 64 Mi. */
  maxBuffered?: number;
}

/** The server refuses bodies over 3 MiB. */
const MAX_BYTES = 2_500_000;
/** Requests at a time while few reports are under way. */
const MAX_REQUESTS = 4;
/** Where so many are, what comes next is worth waiting for: a batch costs a report a fraction of what a request of its own does. */
const FEW = 16;
/** How long a report rests that the server refuses for its namespace without saying for how long. */
const LIMITED_MS = 1_000;
/** That some reports rest is said at most so often. */
const SAID_MS = 60_000;

interface Pending {
  readonly report: Report;
  readonly json: string;
  /** Of what: reports about one thing are sent in their order. */
  readonly about: string;
  /** Where: what the server's limits count. */
  readonly place: string;
  /** Of the look, where it is traced. */
  readonly trace: SpanContext | undefined;
  readonly resolve: ((result: ReportResult) => void)[];
  readonly reject: ((error: Error) => void)[];
}

/**
 * Sends reports in batches: a batch is what arrived while the previous ones were under way, so batches grow with the
 * load and a single report waits for nothing but those about its own subject. What the way there loses is sent again for
 * as long as it takes; the same report twice is no harm (row 2).
 */
export class HttpSink implements Sink {
  readonly #options: HttpSinkOptions;
  readonly #capacity: number;
  readonly #maxBuffered: number;
  readonly #backoff: Backoff;
  /** In order of arrival; a superseded look of class `state` gives its place to the newer one. */
  readonly #pending = new Map<symbol, Pending>();
  readonly #latestState = new Map<string, symbol>();
  readonly #waitingForRoom = new Set<() => void>();
  readonly #underWay = new Set<symbol>();
  /** What those are about. */
  readonly #busy = new Set<string>();
  readonly #requests = new Set<Promise<void>>();
  /** Requests that the backend could not take: while there are any, nothing else is sent. */
  #resting = 0;
  /** What the backend refused for now while it takes the rest. */
  readonly #rests: SinkRests;
  #saidAt = Number.NEGATIVE_INFINITY;
  /** How long they rest: one fault that meets them all is one step of the backoff. */
  #restMs = 0;
  #wake = Promise.withResolvers<void>();
  #idle = Promise.withResolvers<void>();
  #limit = MAX_REPORTS;
  #characters = 0;
  #database: string | undefined;
  #complained = '';
  #closed = false;

  constructor(options: HttpSinkOptions) {
    this.#options = options;
    this.#capacity = options.capacity ?? 5_000;
    this.#maxBuffered = options.maxBuffered ?? 64 * 1024 * 1024;
    this.#backoff = new Backoff({ base: 250, max: 30_000, random: options.random });
    const { clock, random } = options;
    this.#rests = new SinkRests({ clock, random, over: () => this.#wake.resolve() });
    this.#idle.resolve();
  }

  /** Reports that were not acknowledged yet. */
  get buffered(): number {
    return this.#pending.size;
  }

  submit(reports: readonly Report[], traces: readonly (SpanContext | undefined)[] = []): Promise<ReportResult[]> {
    if (this.#closed) return Promise.reject(new Error('the sink is closed'));
    if (reports.length === 0) return Promise.resolve([]);
    if (this.#pending.size === 0) this.#idle = Promise.withResolvers();
    const results = reports.map((report, index) =>
      this.#enqueue(report, traces[index]).then((result) => ({ ...result, index })),
    );
    this.#wake.resolve();
    return Promise.all(results);
  }

  room(signal: AbortSignal): Promise<void> {
    this.#handBack();
    if (this.#hasRoom || signal.aborted || this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        this.#waitingForRoom.delete(finish);
        signal.removeEventListener('abort', finish);
        resolve();
      };
      this.#waitingForRoom.add(finish);
      signal.addEventListener('abort', finish, { once: true });
    });
  }

  get #hasRoom(): boolean {
    return this.#pending.size < this.#capacity && this.#characters < this.#maxBuffered;
  }

  /** Sends until the signal aborts. What is left then is rejected; see `drained`. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#wake.resolve();
    signal.addEventListener('abort', stop, { once: true });
    const faults: unknown[] = [];
    while (!signal.aborted) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
      // Ours: the batch would be sent again and again.
      if (faults.length > 0) throw faults[0];
      for (let batch = this.#nextBatch(); batch.length > 0 && !signal.aborted; batch = this.#nextBatch()) {
        const ended = (fault?: unknown): void => {
          this.#requests.delete(request);
          for (const entry of batch) this.#return(entry);
          this.#handBack();
          if (fault !== undefined) faults.push(fault);
          this.#wake.resolve();
        };
        const request = this.#sendBatch(batch, signal).then(() => ended(), ended);
        this.#requests.add(request);
      }
    }
    await Promise.all(this.#requests);
    this.#close();
  }

  /** Resolves when everything that was submitted is acknowledged. */
  drained(): Promise<void> {
    return this.#idle.promise;
  }

  #enqueue(report: Report, trace: SpanContext | undefined): Promise<ReportResult> {
    return new Promise((resolve, reject) => {
      const id = Symbol();
      const json = JSON.stringify(report);
      const [about, place] = [aboutOf(report), placeOf(report)];
      const pending: Pending = { report, json, about, place, trace, resolve: [resolve], reject: [reject] };
      const subject = stateSubject(report);
      const superseded = subject === undefined ? undefined : this.#latestState.get(subject);
      if (superseded !== undefined) this.#supersede(superseded, pending);
      this.#pending.set(id, pending);
      this.#characters += pending.json.length;
      if (subject !== undefined) this.#latestState.set(subject, id);
    });
  }

  /** The current leader's latest look wins, so the older one need not be sent; whoever waits for it gets the answer. */
  #supersede(id: symbol, newer: Pending): void {
    const older = this.#pending.get(id);
    if (older === undefined) return;
    this.#pending.delete(id);
    this.#characters -= older.json.length;
    newer.resolve.push(...older.resolve);
    newer.reject.push(...older.reject);
  }

  async #sendBatch(batch: readonly [symbol, Pending][], signal: AbortSignal): Promise<void> {
    const body = `[${batch.map(([, { json }]) => json).join(',')}]`;
    const span = this.#span(batch);
    const answer = await this.#options.backend.call('POST', '/api/v1/reports', body, signal, span?.context);
    if (answer.status !== 200) span?.fail(answer.error);
    span?.end();
    // Nothing was taken out of the buffer yet, so what was not acknowledged is still there.
    if (signal.aborted) return;
    const transient = this.#settle(batch, answer);
    if (transient === undefined) {
      this.#recovered();
      return;
    }
    this.#complain(transient);
    if (this.#resting++ === 0) this.#restMs = this.#backoff.next();
    await pause(this.#options.clock, Math.max(answer.retryAfterMs ?? 0, this.#restMs), signal);
    this.#resting--;
  }

  /** Of the request that carries them, in the trace of the first look. */
  #span(batch: readonly [symbol, Pending][]): Span | undefined {
    const { tracer } = this.#options;
    const about = tracer && batchOf(batch.map(([, { trace }]) => trace));
    if (about === undefined) return undefined;
    return tracer?.start('report', { ...about, kind: 'client', attributes: { 'faultline.reports': batch.length } });
  }

  /** Empty when there is nothing to send, or it is to wait. */
  #nextBatch(): [symbol, Pending][] {
    const batch: [symbol, Pending][] = [];
    if (this.#resting > 0 || this.#requests.size >= MAX_REQUESTS) return batch;
    if (this.#requests.size > 0 && this.#underWay.size >= FEW) return batch;
    const blocked = new Set(this.#busy);
    let bytes = 0;
    for (const entry of this.#pending) {
      const [id, { json, about, place, report }] = entry;
      if (this.#underWay.has(id) || blocked.has(about)) continue;
      if (this.#rests.has(place) || this.#rests.has(about)) continue;
      bytes += json.length * 1.1;
      if (batch.length === this.#limit || (batch.length > 0 && bytes > MAX_BYTES)) break;
      batch.push(entry);
      // Looks have an order of their own, but the server may time a deletion as it comes: it beats every run before. Were
      // a later look taken and the deletion told to come again, it would beat that look too.
      if ('deleted' in report.body) blocked.add(about);
      this.#take(entry);
    }
    return batch;
  }

  #take([id, { report, about }]: readonly [symbol, Pending]): void {
    this.#underWay.add(id);
    this.#busy.add(about);
    this.#forgetLatest(id, report);
  }

  /** A newer look must not take its place any more. */
  #forgetLatest(id: symbol, report: Report): void {
    const subject = stateSubject(report);
    if (subject !== undefined && this.#latestState.get(subject) === id) this.#latestState.delete(subject);
  }

  #return([id, { about }]: readonly [symbol, Pending]): void {
    this.#underWay.delete(id);
    this.#busy.delete(about);
  }

  /**
   * Hands out the results; returns the cause when the backend takes nothing, and all has to rest. That too many issues are
   * Active is answered at once: it may last, and what is kept here would fill the buffer that other namespaces need. The
   * caller looks again later.
   */
  #settle(batch: readonly [symbol, Pending][], answer: BackendAnswer): string | undefined {
    if (answer.again && isLimited(answer)) {
      for (const [, { place }] of batch) this.#rest(place, answer.error, answer.retryAfterMs ?? LIMITED_MS);
      return undefined;
    }
    if (answer.again && !isCrowded(answer)) return answer.error || `HTTP ${answer.status}`;
    const results = resultsOf(answer, batch.length);
    if (results === undefined) {
      if (batch.length > 1 && (answer.status === 413 || answer.status === 400)) {
        // One of them spoils the batch: halves find it, and the others get through.
        this.#limit = Math.max(1, Math.floor(batch.length / 2));
        return undefined;
      }
      this.#limit = MAX_REPORTS;
      const refusal = {
        index: 0,
        status: refusalStatus(answer.status),
        error: answer.error || `HTTP ${answer.status}`,
      };
      for (const entry of batch) this.#finish(entry, refusal);
      return undefined;
    }
    this.#limit = Math.min(MAX_REPORTS, this.#limit * 2);
    this.#answeredBy((answer.body as ReportsResponse).database);
    for (const [index, entry] of batch.entries()) this.#result(entry, results[index] as ReportResult);
    return undefined;
  }

  /** One report's answer. What is refused for now keeps its place before what is said about the same later. */
  #result(entry: readonly [symbol, Pending], result: ReportResult): void {
    const [, { about, place }] = entry;
    const { error = `HTTP ${result.status}`, retryAfterSeconds = LIMITED_MS / 1_000 } = result;
    if (result.status === 503) this.#rest(about, error, 0);
    else if (result.status === 429 && !isCrowded(result)) this.#rest(place, error, retryAfterSeconds * 1_000);
    else {
      this.#rests.taken(about);
      this.#rests.taken(place);
      this.#finish(entry, result);
    }
  }

  #rest(key: string, error: string, atLeastMs: number): void {
    this.#rests.add(key, error, atLeastMs);
    const now = this.#options.clock.now();
    if (now - this.#saidAt < SAID_MS) return;
    this.#saidAt = now;
    const fields = { server: this.#options.backend.url, error, buffered: this.buffered };
    this.#options.logger.warn(fields, 'some reports wait for the backend');
  }

  /**
   * Where nothing more fits, what rests for a namespace or a source in it keeps at most half of the room: the latest beyond
   * that are answered, and looked at again later. So whoever reports too much stops nobody else.
   */
  #handBack(): void {
    if (this.#hasRoom || this.#rests.none) return;
    let [reports, characters] = [0, 0];
    for (const entry of this.#pending) {
      const [id, { place, json, report }] = entry;
      const error = this.#rests.error(place);
      if (error === undefined || this.#underWay.has(id)) continue;
      reports++;
      characters += json.length;
      if (reports <= this.#capacity / 2 && characters <= this.#maxBuffered / 2) continue;
      this.#forgetLatest(id, report);
      this.#finish(entry, { index: 0, status: 429, error });
    }
  }

  #finish([id, pending]: readonly [symbol, Pending], result: ReportResult): void {
    if (this.#pending.delete(id)) this.#characters -= pending.json.length;
    this.#underWay.delete(id);
    for (const resolve of pending.resolve) resolve(result);
    if (this.#hasRoom) for (const go of [...this.#waitingForRoom]) go();
    if (this.#pending.size === 0) this.#idle.resolve();
  }

  #answeredBy(database: string | undefined): void {
    if (database === undefined || database === this.#database) return;
    const isOther = this.#database !== undefined;
    this.#database = database;
    if (isOther) this.#options.onOtherDatabase?.();
  }

  #complain(cause: string): void {
    if (cause === this.#complained) return;
    this.#complained = cause;
    this.#options.logger.warn(
      { server: this.#options.backend.url, error: cause, buffered: this.buffered },
      'reports wait for the backend',
    );
  }

  #recovered(): void {
    // It was sent before the fault that others rest for: no word that this is over.
    if (this.#resting > 0) return;
    this.#backoff.reset();
    if (this.#complained === '') return;
    this.#complained = '';
    this.#options.logger.info(
      { server: this.#options.backend.url, buffered: this.buffered },
      'backend takes reports again',
    );
  }

  #close(): void {
    this.#closed = true;
    this.#rests.close();
    const error = new Error('the sink was closed before the report was acknowledged');
    for (const { reject } of this.#pending.values()) for (const each of reject) each(error);
    this.#pending.clear();
    this.#idle.resolve();
    for (const go of [...this.#waitingForRoom]) go();
  }
}
