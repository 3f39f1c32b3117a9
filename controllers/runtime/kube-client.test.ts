import { type IncomingMessage, createServer as plainServer, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, type Socket, createServer as tcpServer } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Authority, createAuthority, type KeyPair } from '../../tests/controlplane/certificates.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { createKubeClient, type KubeClientOptions } from './kube-client.ts';
import { silentLogger } from './logger.ts';
import { createReflector } from './reflector.ts';

let serverCa: Authority;
let newServerCa: Authority;
let clientCa: Authority;
let oldUser: KeyPair;
let newUser: KeyPair;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  [serverCa, newServerCa, clientCa] = (await Promise.all(['server', 'new-server', 'client'].map(createAuthority))) as [
    Authority,
    Authority,
    Authority,
  ];
  oldUser = await clientCa.issue({ commonName: 'old', usage: 'client' });
  newUser = await clientCa.issue({ commonName: 'new', usage: 'client' });
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(ca: Authority, handle: Handler) {
  const serving = await ca.issue({ commonName: 'kube', usage: 'server', ipAddresses: ['127.0.0.1'] });
  const server = createServer(
    {
      cert: serving.certificatePem,
      key: serving.keyPem,
      ca: clientCa.certificatePem,
      requestCert: true,
      rejectUnauthorized: false,
    },
    handle,
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(
    () => new Promise((resolve) => server.close(resolve)),
    () => server.closeAllConnections(),
  );
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function connect(options: KubeClientOptions) {
  const client = createKubeClient(options);
  cleanups.push(() => client[Symbol.asyncDispose]());
  return client;
}

const signal = AbortSignal.timeout(60_000);
const user = ({ socket }: IncomingMessage): string => String((socket as TLSSocket).getPeerCertificate().subject?.CN);

describe('credentials', () => {
  it('a token that the server refuses is renewed once for all requests, which the reader never notices', async () => {
    let token = 'old';
    let renewals = 0;
    const server = await listen(serverCa, ({ headers }, response) => {
      response.statusCode = headers.authorization === 'Bearer new' ? 200 : 401;
      response.end('{}');
    });
    const client = connect({
      server,
      ca: serverCa.certificatePem,
      headers: async () => ({ authorization: `Bearer ${token}` }),
      renew: async () => {
        renewals++;
        token = 'new';
      },
    });
    const answers = await Promise.all(Array.from({ length: 5 }, () => client.request('/api', { signal })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(renewals).toBe(1);
  });

  it('a server that refuses everything does not run an exec plugin for each request', async () => {
    const clock = new ManualClock();
    let renewals = 0;
    const server = await listen(serverCa, (_, response) => response.writeHead(401).end('{}'));
    const renew = async (): Promise<void> => {
      renewals++;
    };
    const client = connect({ server, ca: serverCa.certificatePem, clock, renew });
    for (let count = 0; count < 5; count++) expect((await client.request('/', { signal })).status).toBe(401);
    expect(renewals).toBe(1);
    await clock.advance(10_000);
    await client.request('/', { signal });
    expect(renewals).toBe(2);
  });

  it('a client certificate is renewed: what it was opened with ends, a new connection shows the new one', async () => {
    let current = oldUser;
    const server = await listen(serverCa, (request, response) => {
      response.statusCode = user(request) === 'new' ? 200 : 401;
      response.end(user(request));
    });
    const client = connect({
      server,
      tls: async () => ({ ca: serverCa.certificatePem, cert: current.certificatePem, key: current.keyPem }),
      renew: async () => {
        current = newUser;
      },
    });
    const answer = await client.request('/', { signal });
    expect([answer.status, await answer.text()]).toEqual([200, 'new']);
  });

  it('an open watch goes on while the credentials are renewed for others', async () => {
    let isOld = true;
    const server = await listen(serverCa, ({ url, headers }, response) => {
      if (url === '/watch') {
        response.write('first\n');
        setTimeout(() => response.end('last\n'), 50);
      } else response.writeHead(headers.authorization === 'new' ? 200 : 401).end();
    });
    const client = connect({
      server,
      ca: serverCa.certificatePem,
      headers: async () => ({ authorization: isOld ? 'old' : 'new' }),
      renew: async () => {
        isOld = false;
      },
    });
    const watch = await client.request('/watch', { signal, stream: true });
    expect((await client.request('/', { signal })).status).toBe(200);
    expect(await watch.text()).toBe('first\nlast\n');
  });

  it('an authority that was replaced is read again when the server is not believed', async () => {
    const authorities = [serverCa, newServerCa];
    const server = await listen(newServerCa, (_, response) => response.end('{}'));
    const client = connect({
      server,
      tls: async () => ({ ca: authorities[0]?.certificatePem }),
      renew: async () => void authorities.shift(),
    });
    expect((await client.request('/', { signal })).status).toBe(200);
  });
});

describe('a reflector that cannot reach its server', () => {
  const wanted = { apiVersions: ['v1'], kind: 'Pod' };
  async function fault(options: KubeClientOptions) {
    const reflector = createReflector({ client: connect(options), logger: silentLogger, random: () => 0 }, wanted);
    const [events, next] = await reflector.step({ phase: 'discover' }, signal);
    expect(next).toMatchObject({ phase: 'wait', next: { phase: 'discover' } });
    const [event] = events;
    return event?.type === 'waiting' ? event.fault : undefined;
  }

  it('says that it does not believe the certificate', async () => {
    const server = await listen(newServerCa, (_, response) => response.end('{}'));
    const found = await fault({ server, ca: serverCa.certificatePem });
    expect(found).toMatchObject({ reason: 'Unreachable' });
    expect(found?.message).toMatch(new RegExp(`^${server} cannot be reached: .*certificate`));
  });

  it('says that the name is not known', async () => {
    const found = await fault({ server: 'https://nowhere.invalid:6443' });
    expect(found).toMatchObject({ reason: 'Unreachable' });
    expect(found?.message).toMatch(/nowhere\.invalid/);
  });

  it('says that the connection was refused', async () => {
    const found = await fault({ server: 'http://127.0.0.1:1' });
    expect(found?.message).toMatch(/127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED/);
  });

  it('says why there are no credentials', async () => {
    const headers = async (): Promise<never> => {
      throw new Error('the exec plugin aws is not installed');
    };
    const found = await fault({ server: 'http://127.0.0.1:1', headers });
    expect(found).toMatchObject({ reason: 'Unauthorized' });
    expect(found?.message).toContain('the exec plugin aws is not installed');
  });
});

describe('a connection that is open on one side only', () => {
  const timeouts = { headersTimeoutMs: 300, bodyTimeoutMs: 300, concurrency: 1 };

  it('does not keep a list for ever, neither before its answer nor in the middle of it', async () => {
    const sockets = new Set<Socket>();
    // Accepts, reads, and says nothing: what a firewall that forgot the connection looks like.
    const silent = tcpServer((socket) => sockets.add(socket.on('error', () => {})));
    const half = plainServer((_, response) => response.write('{"items":['));
    for (const server of [silent, half]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      cleanups.push(() => server.close());
      const client = connect({ server: `http://127.0.0.1:${port}`, ...timeouts });
      // Twice: the first one's place is free again.
      for (let count = 0; count < 2; count++) {
        const reading = client.request('/', { signal }).then((response) => response.text());
        await expect(reading).rejects.toThrow(/Timeout/);
      }
    }
    cleanups.push(() => half.closeAllConnections());
    for (const socket of sockets) socket.destroy();
  });
});

describe('limits', () => {
  it('hold for watches that are opened, too', async () => {
    const server = await listen(serverCa, (_, response) => response.end());
    const clock = new ManualClock();
    const client = connect({ server, ca: serverCa.certificatePem, clock, qps: 1, burst: 3 });
    let opened = 0;
    const opening = Array.from({ length: 5 }, async () => {
      const { text } = await client.request('/', { signal, stream: true });
      await text();
      opened++;
    });
    await expect.poll(() => opened).toBe(3);
    await clock.advance(1_000);
    await expect.poll(() => opened).toBe(4);
    await clock.advance(1_000);
    await Promise.all(opening);
  });
});
