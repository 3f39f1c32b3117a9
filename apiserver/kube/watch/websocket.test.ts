import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { TestApi, type TestEvent, waitingForTheFirstToGo } from '../testing/test-api.ts';
import { WIDGETS_PATH, widget } from '../testing/widgets.ts';

const PROTOCOL = 'base64.binary.k8s.io';

function open(api: TestApi, path: string, protocols: string[] = [PROTOCOL]): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${api.port}${path}`, protocols);
  socket.on('error', () => undefined);
  return socket;
}

async function message(socket: WebSocket): Promise<TestEvent> {
  const [data, isBinary] = (await once(socket, 'message')) as [Buffer, boolean];
  expect(isBinary).toBe(false);
  return JSON.parse(data.toString()) as TestEvent;
}

async function refusal(socket: WebSocket): Promise<{ status: number | undefined; body: string }> {
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, import('node:http').IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, body: Buffer.concat(chunks).toString() };
}

describe('watch over WebSocket', () => {
  it('W12 answers 101 with the subprotocol that was asked for, and each event is a text frame', async () => {
    await using api = await TestApi.start();
    await api.json(WIDGETS_PATH);
    const socket = open(api, `${WIDGETS_PATH}?watch=1&resourceVersion=1000`);
    await once(socket, 'open');
    expect(socket.protocol).toBe(PROTOCOL);
    api.source.put(widget({ name: 'a' }));
    expect(await message(socket)).toMatchObject({ type: 'ADDED', object: { kind: 'Widget', metadata: { name: 'a' } } });
    socket.close();
    await once(socket, 'close');
  });

  it('W12 works without a subprotocol and never echoes one that is a token', async () => {
    await using api = await TestApi.start();
    await api.json(WIDGETS_PATH);
    const plain = open(api, `${WIDGETS_PATH}?watch=1`, []);
    await once(plain, 'open');
    expect(plain.protocol).toBe('');
    const token = open(api, `${WIDGETS_PATH}?watch=1`, ['base64url.bearer.authorization.k8s.io.c2VjcmV0', PROTOCOL]);
    await once(token, 'open');
    expect(token.protocol).toBe(PROTOCOL);
    plain.terminate();
    token.terminate();
  });

  it('W12 W9 closes when the watch times out', async () => {
    await using api = await TestApi.start();
    await api.json(WIDGETS_PATH);
    const socket = open(api, `${WIDGETS_PATH}?watch=1&timeoutSeconds=1`);
    const [code] = await once(socket, 'close');
    expect(code).toBe(1000);
  });

  it('W12 A8 the upgrade is authorized like every request', async () => {
    await using api = await TestApi.start();
    api.allow = () => ({ allowed: false, reason: 'not you' });
    const { status, body } = await refusal(open(api, `${WIDGETS_PATH}?watch=1`));
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({
      kind: 'Status',
      reason: 'Forbidden',
      message: expect.stringContaining('not you'),
    });
    expect(api.asked).toEqual([
      { kind: 'resource', verb: 'watch', group: 'example.dev', version: 'v1', resource: 'widgets' },
    ]);
  });

  it.each([WIDGETS_PATH, '/apis', `${WIDGETS_PATH}?watch=1&fieldSelector=x`])(
    'W12 %s is refused with a Status',
    async (path) => {
      await using api = await TestApi.start();
      await api.json(WIDGETS_PATH);
      const { status, body } = await refusal(open(api, path));
      expect(status).toBe(400);
      expect(JSON.parse(body)).toMatchObject({ kind: 'Status', code: 400 });
    },
  );

  it('E1 a refused upgrade by HEAD has no body, which would be read as the beginning of another answer', async () => {
    await using api = await TestApi.start();
    const socket = connect(api.port, '127.0.0.1');
    socket.end(
      `HEAD ${WIDGETS_PATH} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.endsWith('\r\n\r\n')).toBe(true);
  });

  it.each([
    ['Upgrade: h2c', 'Invalid Upgrade header'],
    ['Upgrade: websocket\r\nSec-WebSocket-Version: 13', 'Sec-WebSocket-Key'],
  ])('E1 a watch with %j is refused with a Status', async (header, why) => {
    await using api = await TestApi.start();
    const socket = connect(api.port, '127.0.0.1');
    socket.end(`GET ${WIDGETS_PATH}?watch=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n${header}\r\n\r\n`);
    const [head, body] = (await text(socket)).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 400 .*Content-Type: application\/json/s);
    expect(JSON.parse(body ?? '')).toMatchObject({ kind: 'Status', code: 400, message: expect.stringContaining(why) });
  });

  it('W12 W15 a client that is gone before it was let in leaves no watch behind', async () => {
    const { access, arrived } = waitingForTheFirstToGo();
    await using api = await TestApi.start({ api: { access, maxWatches: 1 } });
    const gone = connect(api.port, '127.0.0.1').on('error', () => undefined);
    gone.write(upgrade(`${WIDGETS_PATH}?watch=1`));
    await arrived;
    gone.resetAndDestroy();
    const socket = open(api, `${WIDGETS_PATH}?watch=1`);
    await once(socket, 'open');
    socket.terminate();
  });

  it('W15 an upgrade that is none does not keep its place while the client keeps the connection', async () => {
    await using api = await TestApi.start({ api: { maxWatches: 1 } });
    const lingering = connect({ port: api.port, host: '127.0.0.1', allowHalfOpen: true });
    lingering.write(upgrade(`${WIDGETS_PATH}?watch=1`).replace('dGhlIHNhbXBsZSBub25jZQ==', 'short'));
    expect(await text(lingering)).toMatch(/^HTTP\/1\.1 400 /);
    const socket = open(api, `${WIDGETS_PATH}?watch=1`);
    await once(socket, 'open');
    socket.terminate();
    lingering.destroy();
  });
});

function upgrade(path: string): string {
  return (
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
  );
}
