import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { connect } from 'node:tls';
import { expect, it } from 'vitest';
import { TestServer } from './server/testing/test-server.ts';

/** Stopping (X2), and starting where it cannot. */
async function open(test: TestServer, path: string): Promise<IncomingMessage> {
  const sent = request(`${test.url}${path}`, { ca: test.ca.cert, ...(await test.admin()), agent: false });
  sent.end();
  const [response] = await once(sent, 'response');
  return response as IncomingMessage;
}

it('X2 stop ends watches cleanly, without an error event, and closes every connection', async () => {
  await using test = await TestServer.start({ server: { shutdown: { drainMs: 400 } } });
  test.put('one');
  const watch = await open(test, '/apis/example.dev/v1/widgets?watch=true');
  let text = '';
  const ended = (async () => {
    for await (const chunk of watch) text += chunk;
  })();
  await once(watch, 'readable');
  await test.server.stop();
  await ended; // a cut connection would reject
  expect(
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).type),
  ).toEqual(['ADDED']);
  await expect(test.ask('/readyz')).rejects.toThrow(/ECONNREFUSED/);
});

it('X2 a request that runs is answered before the connection is closed', async () => {
  const running = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  await using test = await TestServer.start({
    rest: [
      async (ctx, next) => {
        if (ctx.path !== '/api/v1/slow') return next();
        arrived.resolve();
        await running.promise;
        ctx.body = 'done';
      },
    ],
    server: { shutdown: { drainMs: 10_000 } },
  });
  const client = await test.admin();
  const slow = test.ask('/api/v1/slow', { client });
  await arrived.promise;
  const stopped = test.server.stop();
  running.resolve();
  expect((await slow).text).toBe('done');
  await stopped;
});

it('X2 what does not end in time is cut', async () => {
  const arrived = Promise.withResolvers<void>();
  await using test = await TestServer.start({
    rest: [
      async () => {
        arrived.resolve();
        await new Promise(() => undefined);
      },
    ],
    server: { shutdown: { drainMs: 10 } },
  });
  const stuck = test.ask('/api/v1/stuck', { client: await test.admin() });
  const failed = expect(stuck).rejects.toThrow();
  await arrived.promise;
  await test.server.stop();
  await failed;
});

it('X2 while the Service still sends requests they are answered, and readyz fails', async () => {
  await using test = await TestServer.start({ server: { shutdown: { propagationMs: 1000 } } });
  const stopped = test.server.stop();
  const ready = await test.ask('/readyz?verbose');
  expect(ready.status).toBe(500);
  expect(ready.text).toContain('[-]shutdown failed: reason withheld');
  expect((await test.ask('/livez')).status).toBe(200);
  const answered = await test.ask('/version', { client: await test.admin(), headers: { Connection: 'keep-alive' } });
  expect(answered.status).toBe(200);
  // So the next request of a client looks for another replica, and none is sent on a connection that is being closed.
  expect(answered.headers.connection).toBe('close');
  await stopped;
});

it('X2 the connection of a watch that ended still answers a request that was on its way', async () => {
  await using test = await TestServer.start({ server: { shutdown: { propagationMs: 500, drainMs: 20 } } });
  const client = await test.admin();
  const socket = connect({ ...client, ca: test.ca.cert, host: '127.0.0.1', port: Number(new URL(test.url).port) });
  let text = '';
  const ended = Promise.withResolvers<void>();
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.endsWith('\r\n0\r\n\r\n')) ended.resolve();
  });
  socket.write('GET /apis/example.dev/v1/widgets?watch=true HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'data');
  const stopped = test.server.stop();
  await ended.promise;
  socket.write('GET /version HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'close');
  await stopped;
  expect(text.split(/(?=HTTP\/1\.1 )/).map((answer) => answer.slice(9, 12))).toEqual(['200', '200']);
  expect(text).toMatch(/\r\nConnection: close\r\n/);
});

it('X2 E5 while it drains, a request on an open connection is refused with Retry-After, and the connection ends', async () => {
  const arrived = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  await using test = await TestServer.start({
    rest: [
      async (ctx, next) => {
        if (ctx.path !== '/api/v1/slow') return next();
        arrived.resolve();
        await finish.promise;
        ctx.body = 'done';
      },
    ],
    server: { shutdown: { drainMs: 10_000 } },
  });
  const client = await test.admin();
  const socket = connect({ ...client, ca: test.ca.cert, host: '127.0.0.1', port: Number(new URL(test.url).port) });
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  // Two requests at once on one connection: the second is read when the stop has begun.
  const read = Promise.withResolvers<void>();
  const onRequest = (message: unknown) => {
    if ((message as { request: IncomingMessage }).request.url === '/version') read.resolve();
  };
  subscribe('http.server.request.start', onRequest);
  socket.write('GET /api/v1/slow HTTP/1.1\r\nHost: x\r\n\r\n');
  await arrived.promise;
  const stopped = test.server.stop();
  socket.write('GET /version HTTP/1.1\r\nHost: x\r\n\r\n');
  await read.promise;
  unsubscribe('http.server.request.start', onRequest);
  finish.resolve();
  await once(socket, 'close');
  await stopped;
  const [first, second] = text.split(/(?=HTTP\/1\.1 )/);
  expect(first).toMatch(/^HTTP\/1\.1 200 /);
  expect(second).toMatch(/^HTTP\/1\.1 503 /);
  expect(second).toMatch(/\r\nRetry-After: 1\r\n/);
  expect(second).toMatch(/\r\nConnection: close\r\n/);
});

it('a taken port is one line that says which and what to do', async () => {
  const other = createTcpServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await expect(TestServer.start({ server: { listen: { host: '127.0.0.1', port } } })).rejects.toThrow(
    `127.0.0.1:${port} is taken by another process: stop it, or choose another port with --listen 127.0.0.1:${port + 1}`,
  );
  other.close();
});

it('an address of another machine is one line too', async () => {
  await expect(TestServer.start({ server: { listen: { host: '192.0.2.1', port: 0 } } })).rejects.toThrow(
    '192.0.2.1 is no address of this machine: choose another with --listen',
  );
});
