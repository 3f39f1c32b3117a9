import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Clock, pause, systemClock } from '../../controllers/runtime/clock.ts';

/** What {@link returnIdleMemory} asks of its process. */
export interface ProcessMemory {
  /** Resident bytes. */
  resident(): number;
  /** Share of the time since the last call in which the event loop was busy, 0 to 1. */
  busy(): number;
  /** Collects all garbage, moves what lives together, and returns the rest to the system. */
  compact(): void;
}

const LOOK_EVERY_MS = 5_000;
const QUIET = 0.05;
const WORTH_BYTES = 32 * 1024 * 1024;

/**
 * V8 keeps the room that a burst of reports or a first load took: 100 MB and more beside 10,000 issues, for as long as
 * the process is quiet. This gives it back once the event loop was idle for 95 % of 5 s and the process has grown by
 * 32 MB since the last time; a busy server is never stopped. It costs one pause, about 150 ms with 10,000 issues
 * (docs/performance.md). Ends with `signal`.
 */
export async function returnIdleMemory(memory: ProcessMemory, clock: Clock, signal: AbortSignal): Promise<void> {
  let afterwards = 0;
  memory.busy();
  for (;;) {
    await pause(clock, LOOK_EVERY_MS, signal);
    if (signal.aborted) return;
    const quiet = memory.busy() < QUIET;
    if (!quiet || memory.resident() - afterwards < WORTH_BYTES) continue;
    memory.compact();
    afterwards = memory.resident();
    // The pause itself is not somebody's work.
    memory.busy();
  }
}

/** {@link returnIdleMemory} for this process, until it is disposed. */
export function startReturningIdleMemory(): AsyncDisposable {
  const ending = new AbortController();
  const running = returnIdleMemory(processMemory(), systemClock, ending.signal);
  return {
    async [Symbol.asyncDispose]() {
      ending.abort();
      await running;
    },
  };
}

/** Of this process. */
export function processMemory(): ProcessMemory {
  let last = performance.eventLoopUtilization();
  let collect: typeof gc;
  return {
    resident: () => process.memoryUsage.rss(),
    busy() {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      return utilization;
    },
    compact() {
      collect ??= garbageCollector();
      // An ordinary collection leaves half-empty pages, and keeps the empty ones for the next objects.
      collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    },
  };
}

/** V8's `gc`, without `--expose-gc`: only contexts that are made while the flag is set have it. */
function garbageCollector(): typeof gc {
  setFlagsFromString('--expose-gc');
  const found = runInNewContext('gc') as typeof gc;
  setFlagsFromString('--no-expose-gc');
  return found;
}
