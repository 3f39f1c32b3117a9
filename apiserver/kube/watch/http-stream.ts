import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { STALLED_AFTER } from '../answer.ts';
import type { KubeMetrics } from '../metrics.ts';
import type { Watcher } from './watcher.ts';

/** Sends a watch as lines of JSON (W1): headers at once, no compression, back-pressure by `drain` (W11). */
export async function streamWatch(
  watcher: Watcher,
  response: ServerResponse,
  stop: AbortSignal,
  metrics: Pick<KubeMetrics, 'watchLag'>,
  resource: string,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const signal = AbortSignal.any([stop, gone.signal]);
  response.statusCode = 200;
  response.setHeader('Content-Type', 'application/json');
  response.flushHeaders();
  for await (const lines of watcher.frames(signal)) {
    if (response.destroyed) return;
    const taken = response.write(lines.length === 1 ? lines[0] : Buffer.concat(lines));
    metrics.watchLag(resource, watcher.lag);
    if (!taken && !response.destroyed && !(await drained(response, signal))) response.destroy();
  }
  if (!response.destroyed) finish(response);
}

/** Ends it cleanly; what a client that reads nothing was given last is not kept for it for ever. */
function finish(response: ServerResponse): void {
  const timer = setTimeout(() => response.destroy(), STALLED_AFTER);
  timer.unref();
  response.once('close', () => clearTimeout(timer));
  response.end();
}

/** False when the client takes nothing any more. */
async function drained(response: ServerResponse, signal: AbortSignal): Promise<boolean> {
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(), STALLED_AFTER);
  await once(response, 'drain', { signal: AbortSignal.any([signal, stalled.signal]) }).catch(() => undefined);
  clearTimeout(timer);
  return !stalled.signal.aborted;
}
