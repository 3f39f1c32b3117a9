import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuthority } from '../../tests/controlplane/certificates.ts';
import { Connection, postRequest, type Target } from './connection.ts';

let target: Target;
const received: string[] = [];
const server = createServer();

beforeAll(async () => {
  const ca = await createAuthority('bench');
  const { certificatePem, keyPem } = await ca.issue({ commonName: 'server', usage: 'server', dnsNames: ['localhost'] });
  server.setSecureContext({ cert: certificatePem, key: keyPem });
  server.on('request', async (request, response) => {
    const body = await text(request);
    received.push(`${request.method} ${request.url} ${request.headers.authorization} ${body}`);
    // Two writes, so that an answer arrives in pieces.
    response.writeHead(200, { 'content-length': 40_000 }).write('a'.repeat(20_000));
    setImmediate(() => response.end('b'.repeat(20_000)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  target = { host: '127.0.0.1', port, caPem: ca.certificatePem, credentials: { token: 'secret' } };
});
afterAll(() => server.close());

test('requests go one after another over one connection, and answers in pieces are put together', async () => {
  const connection = await Connection.open(target);
  for (const word of ['one', 'zwei ü']) {
    const { status, body } = await connection.send(postRequest(target, '/path', JSON.stringify(word)));
    expect(status).toBe(200);
    expect(body.length).toBe(40_000);
    expect(body.toString('latin1', 19_999, 20_001)).toBe('ab');
  }
  expect(received).toEqual(['POST /path Bearer secret "one"', 'POST /path Bearer secret "zwei ü"']);
  connection.close();
});

test('a server that goes away fails the request instead of leaving it open', async () => {
  const connection = await Connection.open(target);
  server.once('request', (request) => request.socket.destroy());
  await expect(connection.send(postRequest(target, '/', '1'))).rejects.toThrow();
});
