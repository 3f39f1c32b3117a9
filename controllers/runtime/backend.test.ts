import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createBackend } from './backend.ts';
import { createRuntimeMetrics } from './metrics.ts';

let server: Server;
let answers: Record<string, number>;
const headers: (string | undefined)[] = [];
beforeEach(async () => {
  answers = {};
  server = createServer((request, response) => {
    headers.push(request.headers.traceparent as string | undefined);
    const status = answers[request.url ?? ''] ?? 200;
    response.writeHead(status).end(JSON.stringify(status === 200 ? {} : { error: 'may not report as pods' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

it('says what is wrong with the server until that is mended, whatever else goes well', async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const backend = createBackend({ url }, createRuntimeMetrics());
  const { signal } = new AbortController();
  const post = (path: string) => backend.call('POST', path, '{}', signal);
  expect(backend.fault).toBeUndefined();
  answers['/api/v1/lead'] = 403;
  await post('/api/v1/lead');
  await post('/api/v1/reports');
  expect(backend.fault).toBe(`${url}/api/v1/lead: 403 may not report as pods`);
  answers['/api/v1/lead'] = 200;
  await post('/api/v1/lead');
  expect(backend.fault).toBeUndefined();
  // A report that the engine refuses is no fault of the server.
  answers['/api/v1/reports'] = 422;
  await post('/api/v1/reports');
  expect(backend.fault).toBeUndefined();
});

it('tells the server which trace a request belongs to, and nothing where there is none', async () => {
  const backend = createBackend(
    { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    createRuntimeMetrics(),
  );
  headers.length = 0;
  const { signal } = new AbortController();
  await backend.call('POST', '/api/v1/reports', '[]', signal);
  await backend.call('POST', '/api/v1/reports', '[]', signal, { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) });
  expect(headers).toEqual([undefined, `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`]);
});

it('asks once more with other headers when it is told 401, and no oftener', async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { signal } = new AbortController();
  let [token, renewed] = ['old', 0];
  server.removeAllListeners('request').on('request', (request, response) => {
    response.writeHead(request.headers.authorization === 'Bearer new' ? 200 : 401).end('{}');
  });
  const renewTo = (next: string) => () => {
    renewed++;
    token = next;
  };
  const call = (next: string) =>
    createBackend(
      { url, headers: async () => ({ authorization: `Bearer ${token}` }), renew: renewTo(next) },
      createRuntimeMetrics(),
    ).call('POST', '/api/v1/reports', '[]', signal);
  expect([(await call('new')).status, renewed]).toEqual([200, 1]);
  token = 'old';
  expect([(await call('other')).status, renewed]).toEqual([401, 2]);
});
