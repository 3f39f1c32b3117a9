import type { ServerResponse } from 'node:http';

/** Fires when the client is gone or has its answer; at once for one that left before. */
export function untilGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  if (response.destroyed) gone.abort();
  return gone.signal;
}
