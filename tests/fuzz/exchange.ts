import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type Agent, request } from 'node:https';
import type { Asked, Door } from '../golden/ask.ts';

/** What came back: an answer, whole or as far as it was read, or a connection that became a WebSocket. */
export interface Outcome {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** False for a watch, which is left after a moment. */
  readonly whole: boolean;
}

const PATIENCE = 15_000;
const WATCHED = 15;

/** Rejects when nothing came in time, or the connection broke before an answer. */
export function exchange(door: Door, agent: Agent, asked: Asked): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  const { method, path, headers, body } = asked;
  const { port, ca, cert, key, servername } = door;
  const outgoing = request({
    host: '127.0.0.1',
    port,
    ca,
    cert,
    key,
    servername,
    agent,
    method,
    path,
    headers: sendable(asked),
  });
  const patience = setTimeout(() => outgoing.destroy(new Error('no answer in 15 s')), PATIENCE);
  const finish = (outcome: Outcome): void => {
    clearTimeout(patience);
    resolve(outcome);
  };
  outgoing.once('error', (error) => {
    clearTimeout(patience);
    reject(error);
  });
  outgoing.once('upgrade', ({ statusCode = 0, headers: answered }, socket) => {
    socket.destroy();
    finish({ status: statusCode, headers: answered, body: Buffer.alloc(0), whole: false });
  });
  outgoing.once('response', (incoming) => read(incoming, finish));
  if (headers.expect === '100-continue') outgoing.once('continue', () => outgoing.end(body));
  else outgoing.end(body);
  if (headers.expect === '100-continue') outgoing.flushHeaders();
  return promise;
}

function sendable({ headers, body, method }: Asked): Record<string, string> {
  const length =
    body === undefined || 'transfer-encoding' in headers ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const chunked = body === undefined && method === 'GET' ? { ...headers } : headers;
  return { ...chunked, ...length };
}

function read(incoming: IncomingMessage, finish: (outcome: Outcome) => void): void {
  const { statusCode: status = 0, headers } = incoming;
  const chunks: Buffer[] = [];
  const done = (whole: boolean): void => finish({ status, headers, body: Buffer.concat(chunks), whole });
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.once('end', () => done(true));
  incoming.once('error', () => done(false));
  if (status !== 200 || headers['content-length'] !== undefined) return;
  const leave = setTimeout(() => {
    done(false);
    incoming.destroy();
  }, WATCHED);
  incoming.once('end', () => clearTimeout(leave));
}
