import { setTimeout as sleep } from 'node:timers/promises';
import { SEVERITIES, type Severity } from '../../crds/issue.ts';
import { GiveWay } from '../store/give-way.ts';
import type { IssueTransition, IssueTransitions } from '../store/issue-transitions.ts';
import { type EventContext, eventsOf } from './event.ts';
import { EventRecorder, type RecorderOptions } from './recorder.ts';

export interface EventsOptions extends Omit<RecorderOptions, 'log' | 'pause'>, EventContext {
  readonly transitions: IssueTransitions;
  /** Whether this process is the one that writes; tries to become it. Structurally the store's `Lease`. */
  readonly lease: { held(): Promise<boolean> };
  /** Less severe issues have no Events. */
  readonly minimumSeverity: Severity;
  readonly log: RecorderOptions['log'];
  readonly signal: AbortSignal;
  /** How often the log is looked at at most, ms. Default 1 s. */
  readonly interval?: number;
  /**
   * Who knows that something was committed: while nothing is, the log is looked at every 5 s only. Structurally the store's
   * `news`. Default: every interval.
   */
  readonly news?: { readonly hints: number; hintAfter(seen: number, ms: number, signal: AbortSignal): Promise<void> };
  /** Resolves after `ms` or when `signal` fires: between two pages of a long log. For tests. */
  readonly rest?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const restFor = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal }).catch(() => {});

/** Also how much may be written again after a crash. */
const PAGE = 50;
/** A hint that was lost makes an Event late for so long. */
const LONGEST_PAUSE_MS = 5_000;

/**
 * Writes the Events of every transition until `signal` fires, while this process holds the lease, and goes on where the
 * last one stopped. Never throws: the log waits for who cannot read it, and nobody waits for the cluster.
 */
export async function runEvents(options: EventsOptions): Promise<void> {
  const { signal, lease, interval = 1_000, log, news } = options;
  const recorder = new EventRecorder(options);
  let told = '';
  while (!signal.aborted) {
    const seen = news?.hints ?? 0;
    let ours = false;
    try {
      ours = await lease.held();
      if (ours) await follow(options, recorder);
      told = '';
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      if (!signal.aborted && cause !== told) log.warn({ cause }, 'the changes that make Events cannot be read');
      told = cause;
      ours = false;
    }
    await sleep(interval, undefined, { signal }).catch(() => undefined);
    if (ours) await news?.hintAfter(seen, LONGEST_PAUSE_MS - interval, signal);
  }
}

/** Everything that is there now, page by page; of a storm most are too many anyway (budget.ts), and reports come first. */
async function follow(options: EventsOptions, recorder: EventRecorder): Promise<void> {
  const { transitions: log, lease, signal, now, rest = restFor } = options;
  const way = new GiveWay(now);
  let position = await log.begin();
  for (;;) {
    const began = now();
    const { transitions, upTo, more, latest } = await log.since(position, PAGE);
    const took = now() - began;
    const done = await recordAll(options, recorder, transitions);
    const next = done === transitions.length ? upTo : (transitions[done - 1]?.change ?? position);
    if (next > position) await log.save(next);
    position = next;
    if (!more || done < transitions.length || signal.aborted || !(await lease.held())) return;
    await rest(way.rest(took, latest), signal);
  }
}

/** Answers how many are done; fewer than all when another process writes now, or this one ends. */
async function recordAll(
  options: EventsOptions,
  recorder: EventRecorder,
  transitions: readonly IssueTransition[],
): Promise<number> {
  const { lease, signal } = options;
  const mine = () => lease.held();
  for (const [index, transition] of transitions.entries()) {
    if (!isSevere(transition.issue.spec.severity, options.minimumSeverity)) continue;
    for (const event of eventsOf(transition, options)) {
      if (signal.aborted || !(await recorder.record(event, transition.at, mine, signal))) return index;
    }
  }
  return transitions.length;
}

/** SEVERITIES begins with the worst. */
function isSevere(severity: Severity, minimum: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(minimum);
}
