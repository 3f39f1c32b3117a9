import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as immediately } from 'node:timers/promises';
import { constants } from 'node:zlib';
import { acceptsGzip } from './gzip.ts';
import { indent } from './indent.ts';
import { prefersPretty } from './negotiate.ts';
import { CHUNK_BYTES, type SendBuffers } from './send-buffers.ts';
import { ApiError, internalError, serviceUnavailable } from './status.ts';

/** A client that takes nothing for so many ms is given up: a stopped process must not hold a list or a watch for ever. */
export const STALLED_AFTER = 60_000;

/** What a handler answers. A body of chunks is made while it is sent. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, unless the headers say otherwise. */
  readonly body: string | Iterable<Buffer>;
  /** About how long the body is, where that is known before it is made. */
  readonly approximateBytes?: number;
  /** Where the chunks of the body come from and go back to when they are sent; without it nothing is compressed. */
  readonly buffers?: SendBuffers;
}

/**
 * Beyond this a body is sent as it is. The aggregator's transport asks for gzip even when its client does not, and
 * expands it again: deflating the 28 MB of 10,000 issues took longer than everything else (docs/adr/0003). Pages, which
 * are what kubectl asks for over long distances, stay compressed.
 */
export const COMPRESS_UP_TO = 4 * 1024 * 1024;

export function json(value: unknown, status = 200, headers?: Readonly<Record<string, string>>): Answer {
  return { status, body: `${JSON.stringify(value)}\n`, ...(headers && { headers }) };
}

/** The answer for an ApiError: a Status, and Retry-After in the header too, or client-go would not retry (E1, E5). */
export function failure(error: ApiError): Answer {
  const seconds = error.details?.retryAfterSeconds;
  return json(error.toStatus(), error.code, seconds === undefined ? undefined : { 'Retry-After': String(seconds) });
}

/** Headers that every answer carries (L17). `Audit-Id` is kube-apiserver's, so that both logs can be joined. */
export function setCommonHeaders(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Cache-Control', 'no-cache, private');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  const auditId = request.headers['audit-id'];
  if (typeof auditId === 'string' && /^[\x21-\x7e]{1,128}$/.test(auditId)) response.setHeader('Audit-Id', auditId);
}

/** Sends the answer, with back-pressure, and resolves when it is out or the client is gone. */
export async function send(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  const { buffers } = answer;
  response.statusCode = answer.status;
  if (answer.status !== 304) response.setHeader('Content-Type', 'application/json');
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  const body = typeof answer.body === 'string' ? [Buffer.from(answer.body)] : answer.body;
  const pretty = wantsIndented(request) && response.getHeader('Content-Type') === 'application/json';
  const chunks = (pretty ? indent(body) : body)[Symbol.iterator]();
  const first = chunks.next();
  const second = first.done ? first : chunks.next();
  if (second.done) {
    const whole = first.done ? Buffer.alloc(0) : first.value;
    if (answer.status !== 304) response.setHeader('Content-Length', whole.length);
    response.end(whole, () => pretty || buffers?.give(whole));
    return;
  }
  const stalled = (): void => void response.destroy();
  const turns = inTurns([first.value as Buffer, second.value], chunks, stalled);
  response.appendHeader('Vary', 'Accept-Encoding');
  // More than one chunk is more than 128 KiB: upstream compresses from there (L16).
  const short = (answer.approximateBytes ?? 0) <= COMPRESS_UP_TO;
  if (buffers !== undefined && short && acceptsGzip(request)) await writeCompressed(response, turns, buffers);
  else await write(response, turns, pretty ? undefined : buffers);
}

/** Each chunk is out before the next is made, so that it can be filled again; ends early when the client is gone. */
async function write(
  response: ServerResponse,
  chunks: AsyncIterable<Buffer>,
  buffers: SendBuffers | undefined,
): Promise<void> {
  for await (const chunk of chunks) {
    if (!(await written(response, chunk))) return;
    buffers?.give(chunk);
  }
  response.end();
}

/**
 * The same, compressed. What comes out is collected, because each write costs as much as compressing a hundred rows; a page
 * of 500 is one write. A compressor is used again when its stream is complete.
 */
async function writeCompressed(
  response: ServerResponse,
  chunks: AsyncIterable<Buffer>,
  buffers: SendBuffers,
): Promise<void> {
  response.setHeader('Content-Encoding', 'gzip');
  const gzip = buffers.takeGzip();
  const output: Buffer[] = [];
  const collect = (part: Buffer): void => void output.push(part);
  gzip.on('data', collect);
  let complete = false;
  try {
    for await (const chunk of chunks) {
      await passed((done) => gzip.write(chunk, done));
      buffers.give(chunk);
      const ready = output.reduce((sum, part) => sum + part.length, 0) >= CHUNK_BYTES;
      if (response.destroyed || (ready && !(await written(response, Buffer.concat(output.splice(0)))))) return;
    }
    await passed((done) => gzip.flush(constants.Z_FINISH, done));
    complete = true;
  } finally {
    gzip.off('data', collect);
    if (complete) buffers.giveGzip(gzip);
    else gzip.close();
  }
  const rest = Buffer.concat(output);
  if (!response.headersSent) response.setHeader('Content-Length', rest.length);
  response.end(rest);
}

/** Resolves when a step of a stream calls back. */
function passed(step: (done: (error?: Error | null) => void) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  step((error) => (error ? reject(error) : resolve()));
  return promise;
}

/** Whether the chunk went out; false when the connection ended first. */
function written(response: ServerResponse, chunk: Buffer): Promise<boolean> {
  if (response.destroyed) return Promise.resolve(false);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const closed = (): void => resolve(false);
  response.once('close', closed);
  response.write(chunk, (error) => resolve(!error));
  return promise.finally(() => response.off('close', closed));
}

/**
 * Lets other requests in between chunks: the availability probe must be answered while a list goes out (H6, L18).
 * `stalled` is called when nobody asked for the next chunk within a minute.
 */
async function* inTurns(begun: readonly Buffer[], rest: Iterator<Buffer>, stalled: () => void): AsyncGenerator<Buffer> {
  const timer = setTimeout(stalled, STALLED_AFTER);
  try {
    yield* begun;
    for (let next = rest.next(); !next.done; next = rest.next()) {
      timer.refresh();
      yield next.value;
      await immediately();
    }
  } finally {
    clearTimeout(timer);
  }
}

/** `Accept: application/json;pretty=1`, `?pretty=true`, or somebody at a terminal or browser (L15). */
function wantsIndented({ headers, url }: IncomingMessage): boolean {
  if (headers.accept?.includes('pretty') && prefersPretty(headers.accept)) return true;
  const pretty = new URLSearchParams(url?.split('?')[1] ?? '').get('pretty');
  if (pretty !== null && pretty !== '') return ['1', 't', 'T', 'true', 'True', 'TRUE'].includes(pretty);
  return /^(curl|Wget|Mozilla\/5\.0)/.test(headers['user-agent'] ?? '');
}

/**
 * What is thrown besides ApiErrors is a fault of ours, and the caller learns no more than that; except what says by its
 * name that something is away for now (StoreUnavailable, AccessUnavailable): that is 503, and may be tried again. Its
 * message may name hosts and goes to the log only.
 */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const { name = '', retryAfterSeconds = 1 } = (error ?? {}) as Partial<Error> & { retryAfterSeconds?: number };
  if (name.endsWith('Unavailable')) {
    return serviceUnavailable('what this request needs does not answer now', retryAfterSeconds, error);
  }
  return internalError('see the log of the server', error);
}
