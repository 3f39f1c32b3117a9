import { memoryUsage } from 'node:process';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Room for young objects: enough for what a slice of a list takes while it is read. */
const YOUNG_BYTES = 8 * 1024 * 1024;
/** So much more than after the last time is worth a pause of a tenth of a second. */
const WORTH_BYTES = 32 * 1024 * 1024;

/** What keeps the process small: told now and then while a list is loading, and when nobody touches the screen. */
export function memoryKeeper(): (when: 'loading' | 'quiet') => void {
  let isBound = false;
  let afterwards = memoryUsage.rss();
  let collect: typeof gc;
  return (when) => {
    if (!isBound) isBound = boundYoung();
    if (when === 'loading' || memoryUsage.rss() - afterwards < WORTH_BYTES) return;
    collect ??= garbageCollector();
    collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    afterwards = memoryUsage.rss();
  };
}

/**
 * Of a list every row stays, so V8 takes young objects for long-lived ones and doubles their room up to 67 MB, all of it touched:
 * it was a third of the process. The factor is read each time (unlike the largest size, which is read at the start). Answers
 * whether the room has reached its bound.
 */
function boundYoung(): boolean {
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  if ((young?.space_size ?? 0) < YOUNG_BYTES) return false;
  setFlagsFromString('--semi-space-growth-factor=1');
  return true;
}

/** V8's `gc`, without `--expose-gc`: only contexts that are made while the flag is set have it. */
function garbageCollector(): typeof gc {
  setFlagsFromString('--expose-gc');
  const found = runInNewContext('gc') as typeof gc;
  setFlagsFromString('--no-expose-gc');
  return found;
}
