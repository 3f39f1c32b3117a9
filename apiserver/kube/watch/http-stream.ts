import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { STALLED_AFTER } from '../answer.ts';
import type { KubeMetrics } from '../metrics.ts';
import type { Frame } from './frames.ts';
import type { Watcher } from './watcher.ts';

/** Sends a watch as lines of JSON (W1): headers at once, no compression, back-pressure by `drain` (W11). */
export async function streamWatch(
  watcher: Watcher,
  response: ServerResponse,
  stop: AbortSignal,
  metrics: Pick<KubeMetrics, 'watchLag'>,
  resource: string,
): Promise<void> {
  // Not AbortSignal.any: asked at every event by every watch, that would be a tenth of what an event costs.
  const over = new AbortController();
  const end = (): void => over.abort();
  response.once('close', end);
  stop.addEventListener('abort', end);
  if (stop.aborted || response.destroyed) end(); // who left before is not told of again
  try {
    response.statusCode = 200;
    response.setHeader('Content-Type', 'application/json');
    const write = writerOf(response);
    if (response.req.method === 'HEAD') return void response.end(); // Node would send the lines, as part of the next answer
    response.flushHeaders();
    for await (const lines of watcher.frames(over.signal)) {
      if (response.destroyed) return;
      const taken = write(lines);
      metrics.watchLag(resource, watcher.lag);
      if (!taken && !response.destroyed && !(await drained(response, over.signal))) response.destroy();
    }
    if (!response.destroyed) finish(response);
  } finally {
    stop.removeEventListener('abort', end);
  }
}

/**
 * Writes lines; false when the client has enough for now. HTTP/1.1 gets the chunks as they were framed for everybody,
 * which is a matter between us and the socket; older clients read until the connection ends.
 */
function writerOf(response: ServerResponse): (frames: readonly Frame[]) => boolean {
  const { socket, req } = response;
  if (!socket || req.httpVersion !== '1.1') return (frames) => response.write(joined(frames.map(({ line }) => line)));
  response.setHeader('Transfer-Encoding', 'chunked');
  return (frames) => socket.write(joined(frames.map(({ chunk }) => chunk)));
}

function joined(parts: readonly Buffer[]): Buffer {
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
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
  await once(response.socket ?? response, 'drain', { signal: AbortSignal.any([signal, stalled.signal]) }).catch(
    () => undefined,
  );
  clearTimeout(timer);
  return !stalled.signal.aborted;
}
