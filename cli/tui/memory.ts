import { memoryUsage } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** So much more than after the last time is worth a pause: while a list is loading, and when it is there or nobody touches the screen. */
const WORTH_BYTES = { loading: 80 * 1024 * 1024, quiet: 32 * 1024 * 1024 } as const;

/**
 * V8 lets the pages of a long list and thousands of frames lie around as garbage, several times as much as is kept of them.
 * Answers what collects it when the process has grown by it; called where a pause is not felt. A short list never pauses.
 */
export function memoryReturner(): (when: keyof typeof WORTH_BYTES) => void {
  let afterwards = memoryUsage.rss();
  let collect: typeof gc;
  return (when) => {
    if (memoryUsage.rss() - afterwards < WORTH_BYTES[when]) return;
    collect ??= garbageCollector();
    // Only the last resort gives back the room of young objects, which the pages of a list have grown to 134 MB.
    collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    afterwards = memoryUsage.rss();
  };
}

/** V8's `gc`, without `--expose-gc`: only contexts that are made while the flag is set have it. */
function garbageCollector(): typeof gc {
  setFlagsFromString('--expose-gc');
  const found = runInNewContext('gc') as typeof gc;
  setFlagsFromString('--no-expose-gc');
  return found;
}
