import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Asker } from './ask.ts';
import { Sockets } from './sockets.ts';

let server: Server;
let connections: Socket[];
/** What the server does with each question, after it has counted it. */
let asked: string[];
let treat: (socket: Socket, method: string) => 'answer' | 'reset';
let now: number;
beforeEach(async () => {
  [connections, asked, now] = [[], [], 1_000_000];
  treat = () => 'answer';
  server = createServer((request, response) => {
    asked.push(request.method ?? '');
    if (treat(request.socket, request.method ?? '') === 'reset') return void request.socket.resetAndDestroy();
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  server.on('connection', (socket) => connections.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const { signal } = new AbortController();
const asker = (sockets?: Sockets) => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return new Asker({ server: url, name: 'work', headers: async () => ({}) }, signal, sockets);
};
/** Node puts a connection among the idle ones in a later turn. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('connections that are kept', () => {
  it('are used by the next question of another, and closed by whom they belong to', async () => {
    using sockets = new Sockets(() => now);
    for (const _ of [1, 2, 3]) {
      await using one = asker(sockets);
      await one.json('/a');
      await turn();
    }
    expect([asked.length, connections.length]).toEqual([3, 1]);
    const [connection] = connections as [Socket];
    const closed = once(connection, 'close');
    sockets[Symbol.dispose]();
    await closed;
  });

  it('are not used when they were idle for long: a machine that slept finds them dead', async () => {
    using sockets = new Sockets(() => now);
    await asker(sockets).json('/a');
    await turn();
    now += 3_600_000;
    await asker(sockets).json('/a');
    expect(connections).toHaveLength(2);
  });

  it('that the server closed meanwhile are no fault of a question, and nothing is POSTed twice', async () => {
    using sockets = new Sockets(() => now);
    treat = (socket, method) => (method === 'GET' && socket !== connections[0] ? 'answer' : 'reset');
    const first = asker(sockets);
    await expect(first.json('/a')).rejects.toThrow(/cannot reach/);
    treat = (socket) => (socket === connections[1] && asked.length > 2 ? 'reset' : 'answer');
    await first.json('/a');
    await turn();
    await first.json('/a');
    expect([asked.length, connections.length]).toEqual([4, 3]);
    await turn();
    treat = () => 'reset';
    await expect(first.json('/a', { body: {} })).rejects.toThrow(/cannot reach/);
    expect([asked.length, connections.length]).toEqual([5, 3]);
  });

  it('have as long to be made as an answer has to come, and not what idle ones have', async () => {
    const limits: (number | undefined)[] = [];
    const original = Socket.prototype.setTimeout;
    const spy = vi.spyOn(Socket.prototype, 'setTimeout').mockImplementation(function (this: Socket, ms, late) {
      const socket = original.call(this, ms, late);
      if (socket.connecting) limits.push(socket.timeout);
      return socket;
    });
    await using alone = asker();
    await alone.json('/a');
    spy.mockRestore();
    expect(limits.at(-1)).toBe(65_000);
  });

  it('of one who has none of another are closed with it', async () => {
    {
      await using alone = asker();
      await alone.json('/a');
    }
    const [connection] = connections as [Socket];
    if (!connection.destroyed) await once(connection, 'close');
    expect(connection.destroyed).toBe(true);
  });
});
