import type { IncomingMessage } from 'node:http';
import { RestError } from './errors.ts';

/** The body of a request as JSON. Throws RestError 413 (before reading what is announced as too long), 415 or 400. */
export async function jsonBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const bytes = await bodyBytes(request, maxBytes, (type) => type === '' || type === 'application/json');
  try {
    // Bytes that are no UTF-8 become U+FFFD, as everything else that cannot be stored.
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new RestError(400, `the body is not JSON: ${(error as Error).message}`);
  }
}

/** The body as it came; a signature is over exactly these bytes. Throws RestError 413 or, for another media type, 415. */
export async function bodyBytes(
  request: IncomingMessage,
  maxBytes: number,
  accepts: (type: string) => boolean,
): Promise<Buffer> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!accepts(type)) throw new RestError(415, `the body must be application/json, not ${type}`);
  // Made only when it is thrown: a stack trace for every report costs more than reading it.
  const tooLarge = (): RestError => new RestError(413, `the body is larger than ${maxBytes} bytes: send less at once`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
