import { createServer } from 'node:https';
import { createListener } from '../../../../apiserver/server/listener.ts';
import type { Defect } from '../defect.ts';
import { actions, all, answering, asking, at, entry, handling, head } from '../defect.ts';

const DONE = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

const listening = (what: string, options: { keepAliveTimeout?: number; maxHeaderSize?: number }): Defect => ({
  what,
  listener: ({ cert, key }, onRequest) =>
    createServer(
      {
        cert,
        key,
        keepAliveTimeout: 100_000,
        maxHeaderSize: 65_536,
        requestCert: true,
        rejectUnauthorized: false,
        ...options,
      },
      onRequest,
    ),
});

/** Nothing of the body is read. */
const blindly = (exchange: Parameters<NonNullable<Defect['handle']>>[0]): void => {
  exchange.request.resume();
  exchange.answer(201, DONE);
};

export const actionDefects: Readonly<Record<string, readonly Defect[]>> = {
  S1: [
    handling('bodies are not looked at', actions, blindly),
    asking('every media type is JSON', actions, ({ request }) => {
      request.headers['content-type'] = 'application/json';
    }),
  ],
  S2: [
    asking('dryRun is ignored', actions, ({ query }) => {
      if (query.get('dryRun') === 'All') query.delete('dryRun');
    }),
    asking('every dryRun is All', actions, ({ query }) => query.set('dryRun', 'All')),
  ],
  S3: [
    entry('an action is called exec', (one) => {
      one.name = one.name?.replace('/paint', '/exec') ?? '';
    }),
  ],
  S4: [handling('preconditions are not looked at', actions, blindly)],
  S5: [
    answering(
      'it is too large for another reason',
      all(actions, ({ request }) => Number(request.headers['content-length']) > 3_145_728),
      400,
      { kind: 'Status' },
    ),
  ],
  S7: [
    answering('what is read-only is missing', ({ request }) => request.method === 'DELETE', 404, { kind: 'Status' }),
    head(
      '405 has no reason',
      ({ request }) => request.method === 'PUT',
      (_, answer) => {
        answer.body = Buffer.from(answer.body.toString().replace('"MethodNotAllowed"', '"BadRequest"'));
      },
    ),
  ],
  H1: [
    listening('idle connections are closed after 5 s', { keepAliveTimeout: 5_000 }),
    {
      what: 'idle connections are closed without a word',
      listener: (certificate, onRequest) => {
        const server = createListener(certificate, (request, response) => {
          response.shouldKeepAlive = false;
          onRequest(request, response);
        });
        return server;
      },
    },
  ],
  H5: [listening('headers end at 16 KiB', { maxHeaderSize: 16_384 })],
  X1: [
    answering('there is no verbose form', ({ path, query }) => path === '/readyz' && query.has('verbose'), 200, 'ok', {
      'Content-Type': 'text/plain',
    }),
    answering('/livez is JSON', at('/livez'), 200, { status: 'ok' }),
  ],
  X5: [
    entry('delete is advertised alone', (one) => {
      if (one.name === 'widgets') one.verbs = ['get', 'list', 'watch', 'delete'];
    }),
  ],
};
