import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

/** A request with these headers that came over no real connection. */
export function fakeRequest(...rawHeaders: readonly string[]): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.rawHeaders = [...rawHeaders];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    request.headers[(rawHeaders[index] ?? '').toLowerCase()] = rawHeaders[index + 1];
  }
  return request;
}
