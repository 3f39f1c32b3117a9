import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensurePki } from '../pki/index.ts';
import { serverReplicas } from './server-replicas.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-replicas-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('reaches every address of a name on its own, and believes the certificate of the server’s own name alone', async () => {
  const { server: tls, ca } = await ensurePki(join(directory, 'pki'), { now: Date.now });
  const serve = async (address: string, port: number): Promise<Server> => {
    const server = createServer(tls, (_, response) => response.setHeader('connection', 'close').end(address));
    await new Promise<void>((resolve) => server.listen(port, address, resolve));
    return server;
  };
  const first = await serve('127.0.0.1', 0);
  const { port } = first.address() as AddressInfo;
  const second = await serve('127.0.0.2', port);
  const caFile = join(directory, 'ca.crt');
  await writeFile(caFile, ca);
  const asked: string[] = [];
  const replicas = serverReplicas(`replicas.example:${port}`, { caFile }, async (name) => {
    asked.push(name);
    return ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }));
  });
  const found = await replicas();
  expect([asked, [...found.keys()]]).toEqual([['replicas.example'], ['127.0.0.1', '127.0.0.2']]);
  for (const [address, open] of found) {
    const dispatcher = open();
    const answer = await request('https://localhost', { dispatcher });
    expect(await answer.body.text()).toBe(address);
    await expect(request('https://elsewhere.example', { dispatcher })).rejects.toThrow(/elsewhere\.example/);
    await dispatcher.destroy();
  }
  for (const server of [first, second]) server.close();
});
