import { WebSocket } from 'undici';
import type { ApiClient } from './client.ts';
import { Failed } from './item.ts';

export interface FirstFrame {
  readonly protocol: string;
  /** A string is a text frame. */
  readonly message: unknown;
}

/** Opens a WebSocket, waits for its first frame and closes it. Fails the item when it does not open, or stays silent. */
export async function openWebSocket(
  api: ApiClient,
  path: string,
  protocol: string,
  withinMs: number,
): Promise<FirstFrame> {
  const { promise, resolve, reject } = Promise.withResolvers<FirstFrame>();
  const socket = new WebSocket(`${api.server.replace(/^http/, 'ws')}${path}`, {
    protocols: [protocol],
    dispatcher: api.dispatcher,
    headers: await api.connection.headers(),
  });
  const failed = (why: string) => reject(new Failed(`the WebSocket ${path} ${why}`));
  const timer = setTimeout(() => failed(`sent nothing within ${withinMs / 1_000} s`), withinMs);
  socket.addEventListener('message', ({ data }) => resolve({ protocol: socket.protocol, message: data as unknown }));
  socket.addEventListener('error', ({ message }) => failed(`failed: ${message || 'it was not answered with 101'}`));
  socket.addEventListener('close', () => failed('was closed before an event came'));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}
