import { LIMITED } from '../../crds/report.ts';
import { batchOf, type Span, type SpanContext, type Tracer } from '../../tracing/tracer.ts';
import { CommitRefused, StoreUnavailable } from '../store/store.ts';
import { type BatchOptions, runBatch } from './batch.ts';
import { claimsOf, inTurns, takeBatch, type Unit, type UnitOutcome } from './unit.ts';

/** The queue is full, or a limit is reached: 429 with Retry-After, and nothing of the request was taken. */
export class TooManyReports extends Error {
  override readonly name = 'TooManyReports';
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds = 1) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export interface GroupCommitOptions extends BatchOptions {
  /** Reports that may wait; when they do, a namespace that has few of them still gets its share in. Default 10,000. */
  readonly capacity?: number;
  /** Rows of a batch: the locks of a transaction time out after 2 s. Default 1,000. */
  readonly batchSize?: number;
  /** Default: nothing is traced. */
  readonly tracer?: Tracer | undefined;
  /** Batches under way: with 2, one reads while the other commits. Default 1. */
  readonly concurrency?: number;
}

/**
 * Group commit without a timer: a batch is what arrived while the previous one committed, so a lonely report waits for
 * nobody and under load a batch is as large as it needs to be.
 */
export class GroupCommit implements AsyncDisposable {
  readonly #options: GroupCommitOptions;
  readonly #capacity: number;
  readonly #batchSize: number;
  readonly #concurrency: number;
  #queue: Unit[] = [];
  /** What the batches under way are deciding. */
  readonly #busy = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  /** How many races a unit has lost. */
  readonly #lost = new WeakMap<Unit, number>();
  #closed = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
    this.#capacity = options.capacity ?? 10_000;
    this.#batchSize = options.batchSize ?? 1_000;
    this.#concurrency = options.concurrency ?? 1;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Resolves when every report was decided, with an outcome each. Rejects with what `enqueue` throws. */
  decide(
    reports: readonly Pick<Unit, 'report' | 'namespace'>[],
    how: { readonly force?: boolean; readonly trace?: SpanContext | undefined } = {},
  ): Promise<UnitOutcome[]> {
    if (reports.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const outcomes: UnitOutcome[] = [];
      let open = reports.length;
      const units = reports.map(({ report, namespace }, place): Unit => {
        const settle = (outcome: UnitOutcome): void => {
          outcomes[place] = outcome;
          if (--open === 0) resolve(outcomes);
        };
        return { report, namespace, settle, fail: reject, trace: how.trace };
      });
      this.enqueue(units, how);
    });
  }

  /** Takes of each namespace all units or none, which then are answered 429. `force`: all, for work of the server itself. */
  enqueue(units: readonly Unit[], { force = false } = {}): void {
    if (this.#closed) throw new StoreUnavailable('the server is stopping');
    const fits = force || this.#queue.length + units.length <= this.#capacity;
    const isFull = this.#queue.length === 0 || this.#queue.length + units.length > 2 * this.#capacity;
    const taken = fits ? undefined : isFull ? new Set<string>() : this.#shares(units);
    // One by one: a sync may bring more than a call takes arguments.
    for (const unit of units) {
      const { namespace } = unit.report.ref;
      if (taken?.has(namespace) === false) {
        unit.settle({ status: 429, error: `${isFull ? '' : `${LIMITED}namespace ${namespace}: `}${this.#full()}` });
      } else this.#queue.push(unit);
    }
    if (this.#queue.length > 0 && this.#running.size < this.#concurrency) this.#start();
  }

  #full(): string {
    return `${this.#queue.length} reports are waiting already: try again in a second`;
  }

  /**
   * Beyond the capacity: the namespaces that would not have more waiting than an equal share of it. So whoever fills the
   * queue keeps nobody out, and no more than twice the capacity waits.
   */
  #shares(units: readonly Unit[]): ReadonlySet<string> {
    const waiting = new Map<string, number>();
    const count = ({ report: { ref } }: Unit): void => {
      waiting.set(ref.namespace, (waiting.get(ref.namespace) ?? 0) + 1);
    };
    this.#queue.forEach(count);
    units.forEach(count);
    const share = this.#capacity / waiting.size;
    return new Set([...waiting].filter(([, number]) => number <= share).map(([namespace]) => namespace));
  }

  #start(): void {
    const running = this.#run().finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Decides what is waiting, then refuses. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #run(): Promise<void> {
    // What arrives in the same turn of the event loop shares the first batch.
    await Promise.resolve();
    for (;;) {
      const { batch, rest } = this.#next();
      if (batch.length === 0) return;
      this.#queue = rest;
      const claims = batch.flatMap(claimsOf);
      for (const claim of claims) this.#busy.add(claim);
      const again = await this.#process(batch);
      for (const claim of claims) this.#busy.delete(claim);
      this.#queue.unshift(...again);
    }
  }

  /** What fits into a batch is taken as it came; of more, one of each namespace in turn. */
  #next(): ReturnType<typeof takeBatch> {
    const first = takeBatch(this.#queue, this.#batchSize, this.#busy);
    if (first.rest.length === 0) return first;
    return takeBatch(inTurns(this.#queue), this.#batchSize, this.#busy);
  }

  async #process(batch: readonly Unit[]): Promise<readonly Unit[]> {
    const span = this.#span(batch);
    try {
      const { settled, again, lost } = await runBatch(batch, this.#options);
      for (const [unit, outcome] of settled) unit.settle(outcome);
      return again.filter((unit) => !lost.has(unit) || this.#mayTryAgain(unit));
    } catch (error) {
      span?.fail(String(error));
      // Also a fault of ours may have one culprit: the others are not to pay for it.
      if (!(error instanceof StoreUnavailable) && batch.length > 1) return this.#oneByOne(batch);
      settleAll(batch, error);
      return [];
    } finally {
      span?.end();
    }
  }

  /** Of the transaction, in the trace of the first request. */
  #span(batch: readonly Unit[]): Span | undefined {
    const { tracer } = this.#options;
    const about = tracer && batchOf(batch.map(({ trace }) => trace));
    return about && tracer?.start('commit', { ...about, attributes: { 'faultline.reports': batch.length } });
  }

  /** Somebody else won every race so far; a write that never wins is a fault that must show. */
  #mayTryAgain(unit: Unit): boolean {
    const lost = (this.#lost.get(unit) ?? 0) + 1;
    this.#lost.set(unit, lost);
    if (lost <= MAX_LOST) return true;
    settleAll([unit], new StoreUnavailable('too many writers of the same subject'));
    return false;
  }

  /** A batch that can never be stored: only the culprit is refused (design.md decision 5). */
  async #oneByOne(batch: readonly Unit[]): Promise<readonly Unit[]> {
    const again: Unit[] = [];
    for (const unit of batch) again.push(...(await this.#process([unit])));
    return again;
  }
}

const MAX_LOST = 100;

function settleAll(units: readonly Unit[], error: unknown): void {
  for (const unit of units) {
    if (error instanceof CommitRefused) unit.settle({ status: 422, error: error.message });
    else if (error instanceof StoreUnavailable) unit.settle({ status: 503, error: error.message });
    else unit.fail(error);
  }
}
