import { type Clock, pause } from '../runtime/clock.ts';
import { kindId, objectKey } from '../runtime/object.ts';
import type { RecordedChange } from '../runtime/recorded-stream.ts';
import type { MemorySource } from './memory-source.ts';
import { randomOf } from './mutations.ts';

/**
 * What goes wrong between the API server and a watch, after so many changes of the stream. As a source tells it, which has
 * resumed or listed again by itself: nothing is lost, much is late, repeated or found by a list.
 */
export type StreamFault =
  /** 410: the history is gone, everything is listed again. */
  | { readonly after: number; readonly type: 'expired' }
  /** Told as a fault; what happens in these ms of the stream's time is found by a list. */
  | { readonly after: number; readonly type: 'disconnect'; readonly ms: number }
  /** Nothing arrives for so long, and nobody says so; then all of it, in order. */
  | { readonly after: number; readonly type: 'silence'; readonly ms: number }
  /** The last change is told once more. */
  | { readonly after: number; readonly type: 'duplicate' }
  /** The next two changes are told in the wrong order; those of one object are noticed and listed. */
  | { readonly after: number; readonly type: 'reorder' };

export interface PlayOptions {
  readonly clock: Clock;
  /** How many times faster than it was recorded. Default 1; Infinity waits for nothing. */
  readonly speed?: number;
  /** Default none. */
  readonly faults?: readonly StreamFault[];
  readonly signal?: AbortSignal;
}

/**
 * Lets the changes of a recorded stream happen in `source`, at the distances in which they were recorded. Resolves when all
 * of them were told, or when the signal aborts.
 */
export async function playStream(
  changes: readonly RecordedChange[],
  source: MemorySource,
  { clock, speed = 1, faults = [], signal = new AbortController().signal }: PlayOptions,
): Promise<void> {
  const player = new Player(source);
  const begin = clock.now();
  const first = Date.parse(changes[0]?.at ?? '');
  const dueAt = (at: number): number => begin + (at - first) / speed;
  const until = async (due: number): Promise<void> => {
    const ms = due - clock.now();
    if (ms > 0) await pause(clock, ms, signal);
  };
  for (const [index, change] of changes.entries()) {
    const due = dueAt(Date.parse(change.at));
    while (player.awayUntil !== undefined && player.awayUntil <= due) {
      await until(player.awayUntil);
      player.comeBack();
    }
    await until(due);
    if (signal.aborted) return;
    player.happen(change);
    for (const fault of faults) if (fault.after === index + 1) player.inject(fault, clock.now(), speed);
  }
  await until(player.awayUntil ?? clock.now());
  player.comeBack();
}

/** So many faults of all types over a stream of so many changes; the same for the same seed. */
export function randomFaults(changes: number, { seed = 1, count = 10 } = {}): StreamFault[] {
  const random = randomOf(seed);
  const types = ['expired', 'disconnect', 'silence', 'duplicate', 'reorder'] as const;
  return Array.from({ length: count }, (_, index): StreamFault => {
    const type = types[index % types.length] ?? 'expired';
    const after = 1 + Math.floor(random() * changes);
    const ms = 1_000 + Math.floor(random() * 120_000);
    return type === 'disconnect' || type === 'silence' ? { after, type, ms } : { after, type };
  });
}

class Player {
  readonly #source: MemorySource;
  readonly #kinds = new Set<string>();
  /** What happened and was not told yet. */
  readonly #untold: RecordedChange[] = [];
  #away: { readonly until: number; readonly isTold: boolean } | undefined;
  #isSwapping = false;
  #last: RecordedChange | undefined;

  constructor(source: MemorySource) {
    this.#source = source;
  }

  /** ms; undefined: the watch is there. */
  get awayUntil(): number | undefined {
    return this.#away?.until;
  }

  happen(change: RecordedChange): void {
    this.#kinds.add(change.object.kind);
    this.#untold.push(change);
    if (this.#away !== undefined || (this.#isSwapping && this.#untold.length < 2)) return;
    this.#tellAll();
  }

  inject(fault: StreamFault, now: number, speed: number): void {
    switch (fault.type) {
      case 'expired':
        this.#list();
        break;
      case 'duplicate':
        if (this.#last !== undefined && this.#away === undefined) this.#tell(this.#last);
        break;
      case 'reorder':
        this.#isSwapping = true;
        break;
      case 'silence':
      case 'disconnect':
        this.#away ??= { until: now + fault.ms / speed, isTold: fault.type === 'disconnect' };
        if (fault.type === 'disconnect') this.#fail();
        break;
      default:
        fault satisfies never;
    }
  }

  comeBack(): void {
    const isTold = this.#away?.isTold === true;
    this.#away = undefined;
    this.#tellAll();
    if (isTold) for (const kind of this.#kinds) this.#source.fail(kind, undefined);
  }

  #fail(): void {
    const fault = { reason: 'Unreachable', message: 'the recording was told to disconnect', retryInMs: 1_000 } as const;
    for (const kind of this.#kinds) this.#source.fail(kind, fault);
  }

  #list(): void {
    if (this.#away === undefined) for (const kind of this.#kinds) this.#source.relist(kind);
  }

  #tellAll(): void {
    const changes = this.#untold.splice(0);
    const [first, second, ...rest] = changes;
    const isSwapped = this.#isSwapping && second !== undefined;
    if (isSwapped) this.#isSwapping = false;
    const isSame = isSwapped && first !== undefined && identity(first) === identity(second);
    const told = isSwapped && !isSame ? [second, first, ...rest] : changes;
    for (const change of told) if (change !== undefined) this.#tell(change);
    if (isSame) this.#list();
  }

  #tell(change: RecordedChange): void {
    this.#last = change;
    if (change.type === 'DELETED') this.#source.delete(change.object);
    else this.#source.apply(change.object);
  }
}

function identity({ object }: RecordedChange): string {
  return `${kindId(object.apiVersion, object.kind)}/${objectKey(object)}`;
}
