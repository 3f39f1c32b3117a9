import { type Clock, pause } from '../runtime/clock.ts';
import type { RecordedChange } from '../runtime/recorded-stream.ts';
import { FakeApiServer } from './fake-api-server.ts';
import type { MemorySource } from './memory-source.ts';
import { randomOf } from './mutations.ts';
import { ServerPlayer } from './server-player.ts';
import { SourcePlayer } from './source-player.ts';

/**
 * What goes wrong between the API server and a watch, after so many changes of the stream. Nothing is lost, much is late,
 * repeated or found by a list. A `MemorySource` tells it as a source does, which has resumed or listed again by itself; a
 * `FakeApiServer` does it to connections and lines, and a reflector has to notice.
 */
export type StreamFault =
  /** 410: the history is gone, everything is listed again. */
  | { readonly after: number; readonly type: 'expired' }
  /** Connections are cut, and new ones for these ms of the stream's time. A source tells it as a fault, and lists after it. */
  | { readonly after: number; readonly type: 'disconnect'; readonly ms: number }
  /** Nothing arrives for so long, no bookmark either, and nobody says so; then all of it, in order. */
  | { readonly after: number; readonly type: 'silence'; readonly ms: number }
  /** The last change is told once more. */
  | { readonly after: number; readonly type: 'duplicate' }
  /** The next two changes are told in the wrong order; those of one object are noticed and listed. */
  | { readonly after: number; readonly type: 'reorder' };

/** Where a stream happens. */
export interface Player {
  /** ms; undefined: what watches are told they are told at once. */
  readonly awayUntil: number | undefined;
  happen(change: RecordedChange): void;
  /** `now`: ms. */
  inject(fault: StreamFault, now: number, speed: number): void;
  /** Ends a silence or a disconnect, and tells what waits to be told. */
  comeBack(): void;
}

export interface PlayOptions {
  readonly clock: Clock;
  /** How many times faster than it was recorded. Default 1; Infinity waits for nothing. */
  readonly speed?: number;
  /** Default none. */
  readonly faults?: readonly StreamFault[];
  readonly signal?: AbortSignal;
}

/**
 * Lets the changes of a recorded stream happen, at the distances in which they were recorded: in a source in memory, or on a
 * fake API server that serves their kinds (`kindsOf`). Resolves when all of them happened, or when the signal aborts.
 */
export async function playStream(
  changes: readonly RecordedChange[],
  target: MemorySource | FakeApiServer,
  { clock, speed = 1, faults = [], signal = new AbortController().signal }: PlayOptions,
): Promise<void> {
  const player = target instanceof FakeApiServer ? new ServerPlayer(target) : new SourcePlayer(target);
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
