import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensurePki, type Pki } from '../pki/index.ts';
import { backendDispatcher } from './backend-dispatcher.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-dispatcher-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const issue = (name: string): Promise<Pki> => ensurePki(join(directory, name), { now: Date.now });

/** A server that takes only callers of its own authority, and one request a connection. */
async function serve({ server, ca }: Pki): Promise<Server> {
  const options = { ...server, ca, requestCert: true, rejectUnauthorized: true };
  const listening = createServer(options, (_, response) => response.setHeader('connection', 'close').end('ok'));
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return listening;
}

describe('the connections to the server', () => {
  it('believe a renewed authority, and show a renewed certificate, without a restart', async () => {
    const files = {
      caFile: join(directory, 'ca.crt'),
      certFile: join(directory, 'tls.crt'),
      keyFile: join(directory, 'tls.key'),
    };
    const mount = async (name: string) => {
      await cp(join(directory, name, 'ca.crt'), files.caFile);
      await cp(join(directory, name, 'controllers.crt'), files.certFile);
      await cp(join(directory, name, 'controllers.key'), files.keyFile);
    };
    const servers = [await serve(await issue('old')), await serve(await issue('new'))];
    const [before, after] = servers.map((server) => `https://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await mount('old');
    const dispatcher = await backendDispatcher(files);
    try {
      const ask = async (url = '') => (await request(url, { dispatcher })).body.text();
      expect(await ask(before)).toBe('ok');
      await expect(ask(after)).rejects.toThrow();
      await mount('new');
      expect(await ask(after)).toBe('ok');
      await expect(ask(before)).rejects.toThrow();
    } finally {
      await dispatcher.destroy();
      for (const server of servers) server.close();
    }
  });

  it('say at once which file is missing', async () => {
    await expect(backendDispatcher({ caFile: join(directory, 'nothing.crt') })).rejects.toThrow(
      /^cannot read \S+nothing\.crt: no such file$/,
    );
  });
});
