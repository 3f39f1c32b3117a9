import { setTimeout as sleep } from 'node:timers/promises';
import { Budget } from './budget.ts';
import { budgetOf, type CoreEvent, sameEvent } from './event.ts';
import type { EventMetrics, EventOutcome } from './metrics.ts';
import { Recent } from './recent.ts';
import type { EventWriter, WriteAnswer } from './writer.ts';

export interface RecorderOptions {
  readonly writer: EventWriter;
  readonly metrics: EventMetrics;
  readonly log: EventLog;
  /** ms. */
  readonly now: () => number;
  /** Resolves after `ms` or when `signal` fires. For tests. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface EventLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** An Event is news: what could not be written for so long, ms, is not written any more. */
export const MAX_AGE_MS = 600_000;
/** How often a busy cluster is asked: 0.5 + 1 + 2 + 4 s. */
const BUSY_TRIES = 5;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** The same fault is told again after this. */
const TOLD_AGAIN_MS = 600_000;
/** As client-go. */
const MAX_SEEN = 4_096;

interface Seen {
  readonly namespace: string;
  readonly name: string;
  readonly firstTimestamp: string;
  readonly count: number;
}

const abortablePause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

/**
 * Writes Events with the limits of client-go's recorder: identical ones raise a count, an object has a budget. Remembers
 * in memory: another process begins anew.
 */
export class EventRecorder {
  readonly #options: RecorderOptions;
  readonly #budget: Budget;
  readonly #seen = new Recent<Seen>(MAX_SEEN);
  /** Names of Events that need nothing any more. */
  readonly #done = new Recent<true>(MAX_SEEN);
  readonly #toldAt = new Map<string, number>();
  #reachable = true;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#budget = new Budget(options.now);
  }

  /**
   * Writes one, or counts why not. `at` (ms) is when it happened. While nobody can be reached it waits until the Event is
   * too old, or `mine` says that another process writes now: false, and it is still to be done. Never rejects.
   */
  async record(event: CoreEvent, at: number, mine: () => Promise<boolean>, signal: AbortSignal): Promise<boolean> {
    const { name } = event.metadata;
    // The position could not be saved, and the page was read again.
    if (this.#done.get(name)) return true;
    const same = sameEvent(event);
    const before = this.#seen.get(same);
    const current = before ? repeated(event, before) : event;
    const outcome = await this.#outcomeOf(current, at, mine, signal);
    if (outcome === undefined) return false;
    this.#done.set(name, true);
    // Also when it was not written: the next one that is tells how many there were.
    this.#seen.set(same, seenAs(current));
    this.#options.metrics.counted(outcome);
    return true;
  }

  async #outcomeOf(
    event: CoreEvent,
    at: number,
    mine: () => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<EventOutcome | undefined> {
    if (this.#options.now() - at > MAX_AGE_MS) return 'old';
    if (!this.#budget.take(budgetOf(event))) return 'limited';
    return this.#persist(event, at, mine, signal);
  }

  /** Undefined: not ours to do any more. */
  async #persist(
    event: CoreEvent,
    at: number,
    mine: () => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<EventOutcome | undefined> {
    const { now, pause = abortablePause } = this.#options;
    let busy = 0;
    for (let delay = FIRST_PAUSE_MS; !signal.aborted; delay = Math.min(delay * 2, LONGEST_PAUSE_MS)) {
      const answer = await this.#write(event, signal);
      // Broken off by us: no fault of the cluster.
      if (signal.aborted && answer.outcome !== 'written') return undefined;
      this.#tell(answer);
      switch (answer.outcome) {
        case 'written':
          return 'written';
        case 'missing':
        case 'terminating':
          return 'gone';
        case 'refused':
          return 'refused';
        case 'busy':
          busy += 1;
          if (busy >= BUSY_TRIES) return 'failed';
          break;
        case 'unreachable':
          if (!(await mine())) return undefined;
          break;
        default:
          answer satisfies never;
      }
      await pause(delay, signal);
      if (now() - at > MAX_AGE_MS) return 'old';
    }
    return undefined;
  }

  /** One that was written before may be gone: clusters forget Events after an hour. */
  async #write(event: CoreEvent, signal: AbortSignal): Promise<WriteAnswer> {
    const { writer } = this.#options;
    try {
      if (event.count > 1) {
        const { count, lastTimestamp } = event;
        const answer = await writer.repeat(event.metadata, { count, lastTimestamp }, signal);
        if (answer.outcome !== 'missing') return answer;
      }
      return await writer.create(event, signal);
    } catch (error) {
      return { outcome: 'unreachable', message: error instanceof Error ? error.message : String(error) };
    }
  }

  /** A fault once, and not again for ten minutes: a cluster that refuses one refuses thousands. */
  #tell(answer: WriteAnswer): void {
    const { log, now } = this.#options;
    const { outcome } = answer;
    if (outcome === 'unreachable') this.#reachable = false;
    else if (!this.#reachable) {
      this.#reachable = true;
      this.#toldAt.delete('unreachable');
      log.info({}, 'Events can be written again');
    }
    // A namespace that goes is no fault.
    if (outcome === 'written' || outcome === 'missing' || outcome === 'terminating') return;
    const state = 'status' in answer ? `${outcome} ${answer.status}` : outcome;
    const toldAt = this.#toldAt.get(state);
    if (toldAt !== undefined && now() - toldAt < TOLD_AGAIN_MS) return;
    this.#toldAt.set(state, now());
    log.warn({ outcome, cause: answer.message }, 'an Event cannot be written');
  }
}

function repeated(event: CoreEvent, before: Seen): CoreEvent {
  const { namespace, name, firstTimestamp, count } = before;
  return { ...event, metadata: { namespace, name }, firstTimestamp, count: count + 1 };
}

function seenAs({ metadata: { namespace, name }, firstTimestamp, count }: CoreEvent): Seen {
  return { namespace, name, firstTimestamp, count };
}
