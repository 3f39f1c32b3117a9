import type { IncomingMessage } from 'node:http';
import { RestError } from './errors.ts';

/** The body of a request as JSON. Throws RestError 413 (before reading what is announced as too long), 415 or 400. */
export async function jsonBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== '' && type !== 'application/json') {
    throw new RestError(415, `the body must be application/json, not ${type}`);
  }
  const text = await read(request, maxBytes);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RestError(400, `the body is not JSON: ${(error as Error).message}`);
  }
}

async function read(request: IncomingMessage, maxBytes: number): Promise<string> {
  // Made only when it is thrown: a stack trace for every report costs more than reading it.
  const tooLarge = (): RestError =>
    new RestError(413, `the body is larger than ${maxBytes} bytes: send fewer reports at once`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  // Bytes that are no UTF-8 become U+FFFD, as everything else that cannot be stored.
  return Buffer.concat(chunks).toString('utf8');
}
