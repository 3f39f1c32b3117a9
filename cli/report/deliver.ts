import { backoffDelay } from '../../controllers/runtime/backoff.ts';
import { MAX_REPORTS } from '../../crds/report.ts';
import { Failure } from '../exit.ts';
import type { Decisions, Outgoing, Sender, Sent } from './send-reports.ts';

/** Who is told what becomes of reports. */
export interface Told {
  taken(report: Outgoing, decisions: Decisions, resourceVersion: string | undefined): void;
  refused(report: Outgoing, message: string): void;
  /** A line for people: why nothing happens for a while, how far it came. */
  note(line: string): void;
  /** So many are done; undefined: lines follow. */
  progress(done: number | undefined): void;
}

export interface Patience {
  /** Resolves after so many ms, or when the signal aborts. */
  wait(ms: number): Promise<void>;
  readonly signal: AbortSignal;
  /** In [0, 1). */
  random(): number;
}

/** The server refuses larger bodies. */
const MAX_BYTES = 3 * 1024 * 1024;
/** In a row, without that one more report is taken or refused: about three minutes. */
const MOST_TRIES = 10;
const BACKOFF = { base: 500, max: 30_000 };

/**
 * Sends all of them in batches, in their order. What the server is too busy for is sent again before what follows it, when
 * the server wants it. Throws when nothing more can be sent: a Failure that says how far it came.
 */
export async function deliver(
  reports: readonly Outgoing[],
  send: Sender,
  told: Told,
  patience: Patience,
): Promise<void> {
  await new Delivery(reports, told, patience).run(send);
}

class Delivery {
  readonly #all: number;
  readonly #told: Told;
  readonly #patience: Patience;
  #left: readonly Outgoing[];
  #taken = 0;
  #tries = 0;
  #hasWaited = false;

  constructor(reports: readonly Outgoing[], told: Told, patience: Patience) {
    this.#all = reports.length;
    this.#left = reports;
    this.#told = told;
    this.#patience = patience;
  }

  async run(send: Sender): Promise<void> {
    while (this.#left.length > 0) {
      const batch = nextBatch(this.#left);
      const [first] = this.#left;
      if (batch.length === 0 && first !== undefined) {
        this.#told.refused(first, `it has more than ${MAX_BYTES / 1024 / 1024} MiB, which is the most`);
        this.#left = this.#left.slice(1);
        continue;
      }
      const before = this.#all - this.#left.length;
      const sent = await send(batch, (known) => this.#told.progress(before + known));
      this.#told.progress(undefined);
      const busy = this.#settle(batch, sent);
      if (sent.fault !== undefined) throw this.#stopped(sent.fault);
      this.#told.progress(this.#all - this.#left.length);
      if (busy !== undefined) await this.#wait(busy);
    }
  }

  /** What is not settled stays, in its place. Answers why the server wants to be left alone, if it does. */
  #settle(batch: readonly Outgoing[], { outcomes }: Sent): Busy | undefined {
    const again: Outgoing[] = [];
    let busy: Busy | undefined;
    for (const [index, report] of batch.entries()) {
      const outcome = outcomes[index] ?? { kind: 'unsent' };
      if (outcome.kind === 'taken') {
        this.#taken++;
        this.#told.taken(report, outcome.decisions, outcome.resourceVersion);
      } else if (outcome.kind === 'refused') this.#told.refused(report, outcome.message);
      else again.push(report);
      // The longest wait that was asked for: then there is room for all of them.
      if (outcome.kind === 'busy' && outcome.afterMs >= (busy?.afterMs ?? 0)) busy = outcome;
    }
    this.#left = [...again, ...this.#left.slice(batch.length)];
    this.#tries = busy !== undefined && again.length === batch.length ? this.#tries + 1 : 0;
    return busy;
  }

  async #wait({ message, afterMs }: Busy): Promise<void> {
    const { wait, random, signal } = this.#patience;
    if (this.#tries > MOST_TRIES) throw this.#stopped(new Failure(message));
    if (!this.#hasWaited) this.#told.note(`the server is busy, and is asked again when it wants to be: ${message}`);
    this.#hasWaited = true;
    await wait(Math.max(afterMs, backoffDelay(this.#tries, { ...BACKOFF, random })));
    if (signal.aborted) throw this.#stopped(signal.reason);
  }

  /** What stopped it, with what is stored all the same. */
  #stopped(fault: unknown): unknown {
    const count = `${this.#taken} of ${this.#all} reports were taken`;
    if (this.#patience.signal.aborted) this.#told.note(count);
    else if (fault instanceof Failure && this.#taken > 0) {
      return new Failure(`${fault.message} (${count})`, { cause: fault });
    }
    return fault;
  }
}

interface Busy {
  readonly message: string;
  readonly afterMs: number;
}

/** As many as one request takes; none: the first alone is too large. */
function nextBatch(reports: readonly Outgoing[]): readonly Outgoing[] {
  let bytes = 2;
  let count = 0;
  for (const { namespace, spec } of reports) {
    bytes += Buffer.byteLength(JSON.stringify({ ...spec, namespace })) + 1;
    if (count === MAX_REPORTS || bytes > MAX_BYTES) break;
    count++;
  }
  return reports.slice(0, count);
}
