import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAuthenticationConfig } from './authentication-config.ts';
import { createAuthenticator } from './authenticator.ts';
import { certificateCredentials } from './credentials.ts';
import { createTestAuthority, type Issued, SERVER_AUTH, type TestAuthority } from './testing/authority.ts';
import { httpsRequest } from './testing/https-request.ts';
import type { Authentication } from './types.ts';

/** The matrix of A1–A6 over real TLS: a server that answers who it thinks the caller is and what is left of the headers. */
const HOUR = 3_600_000;
let now = Date.now();
let frontProxyCa: TestAuthority;
let clientCa: TestAuthority;
let servingCa: TestAuthority;
let loaded = true;
let allowedNames = ['front-proxy-client'];
let url: string;
const closing: (() => void)[] = [];

const config = () =>
  loaded
    ? memo(allowedNames.join(), () =>
        parseAuthenticationConfig({
          'client-ca-file': clientCa.cert,
          'requestheader-client-ca-file': frontProxyCa.cert,
          'requestheader-allowed-names': JSON.stringify(allowedNames),
          'requestheader-username-headers': '["X-Remote-User"]',
          'requestheader-group-headers': '["X-Remote-Group"]',
          'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
          'requestheader-uid-headers': '["X-Remote-Uid"]',
        }),
      )
    : undefined;

const remembered = new Map<string, ReturnType<typeof parseAuthenticationConfig>>();
function memo(key: string, make: () => ReturnType<typeof parseAuthenticationConfig>) {
  const value = remembered.get(key) ?? make();
  remembered.set(key, value);
  return value;
}

beforeAll(async () => {
  [frontProxyCa, clientCa, servingCa] = await Promise.all([
    createTestAuthority({ name: 'front-proxy-ca' }),
    createTestAuthority({ name: 'client-ca' }),
    createTestAuthority({ name: 'serving-ca' }),
  ]);
  const serving = await servingCa.issue({ name: 'server', hosts: ['127.0.0.1'], usages: [SERVER_AUTH] });
  const authenticator = createAuthenticator({
    config,
    credentials: certificateCredentials(config, () => now),
  });
  const server = createServer(
    { ...serving, ca: [], requestCert: true, rejectUnauthorized: false },
    async (request, response) => {
      const authentication = await authenticator.authenticate(request);
      response.end(JSON.stringify({ authentication, left: leftOf(request) }));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  closing.push(() => server.close());
});
afterAll(() => {
  for (const close of closing) close();
});

const leftOf = ({ headers, headersDistinct, rawHeaders }: IncomingMessage) =>
  [...Object.keys(headers), ...Object.keys(headersDistinct), ...rawHeaders.filter((_, i) => i % 2 === 0)]
    .map((name) => name.toLowerCase())
    .filter((name) => /remote|authorization|impersonate/.test(name));

const ALICE = { 'X-Remote-User': 'alice', 'X-Remote-Group': ['team-a', 'system:authenticated'] };

async function ask(client?: Issued, headers: NodeJS.Dict<string | string[]> = ALICE) {
  const answer = await httpsRequest(url, { ca: servingCa.cert, headers, ...(client && { client }) });
  return answer.json() as unknown as { authentication: Authentication; left: string[] };
}
const frontProxy = (options: Parameters<TestAuthority['issue']>[0] = {}) =>
  frontProxyCa.issue({ name: 'front-proxy-client', ...options });

describe('A1 A2 X-Remote-* headers are believed', () => {
  it('with a certificate of the front proxy authority and an allowed name', async () => {
    const { authentication } = await ask(await frontProxy());
    const user = { name: 'alice', groups: ['team-a', 'system:authenticated'] };
    expect(authentication).toEqual({ outcome: 'user', user });
  });

  it('with any name of that authority when the list of allowed names is empty', async () => {
    allowedNames = [];
    const { authentication } = await ask(await frontProxy({ name: 'aggregator-7' }));
    allowedNames = ['front-proxy-client'];
    expect(authentication).toMatchObject({ outcome: 'user', user: { name: 'alice' } });
  });

  it('over an intermediate authority that the client sends along', async () => {
    const intermediate = await frontProxyCa.delegate({ name: 'front-proxy-intermediate' });
    const leaf = await intermediate.issue({ name: 'front-proxy-client' });
    const { authentication } = await ask({ cert: leaf.cert + intermediate.cert, key: leaf.key });
    expect(authentication).toMatchObject({ outcome: 'user', user: { name: 'alice' } });
  });
});

describe('A1 A2 A5 X-Remote-* headers are nothing', () => {
  it.each<[string, () => Promise<Issued | undefined>, Partial<Authentication> & object]>([
    ['without a certificate', async () => undefined, { outcome: 'user', user: { name: 'system:anonymous' } } as never],
    [
      'with a user certificate that carries the name of the front proxy',
      () => clientCa.issue({ name: 'front-proxy-client' }),
      { outcome: 'user', user: { name: 'front-proxy-client', groups: ['system:authenticated'] } } as never,
    ],
    ['with a certificate for servers', () => frontProxy({ usages: [SERVER_AUTH] }), { outcome: 'invalid' }],
    ['with a certificate for no stated use', () => frontProxy({ usages: [] }), { outcome: 'invalid' }],
    ['with an expired certificate', () => frontProxy({ notAfter: Date.now() - HOUR }), { outcome: 'invalid' }],
    ['with a certificate from the future', () => frontProxy({ notBefore: Date.now() + HOUR }), { outcome: 'invalid' }],
    ['with another name of that authority', () => frontProxy({ name: 'somebody' }), { outcome: 'invalid' }],
    [
      'with a certificate of an unknown authority with the same names',
      async () => (await createTestAuthority({ name: 'front-proxy-ca' })).issue({ name: 'front-proxy-client' }),
      { outcome: 'invalid' },
    ],
    [
      'with a certificate that names the authority and its key, but was signed by another',
      async () => {
        const forger = await createTestAuthority({ name: 'front-proxy-ca' });
        return forger.issue({ name: 'front-proxy-client', claims: frontProxyCa });
      },
      { outcome: 'invalid' },
    ],
    [
      'with a certificate that a mere client certificate of the authority signed',
      async () => {
        const impostor = await frontProxyCa.delegate({ name: 'front-proxy-client', impostor: true });
        const leaf = await impostor.issue({ name: 'front-proxy-client' });
        return { cert: leaf.cert + impostor.cert, key: leaf.key };
      },
      { outcome: 'invalid' },
    ],
    [
      'with an intermediate for servers only',
      async () => {
        const intermediate = await frontProxyCa.delegate({ name: 'for-servers', usages: [SERVER_AUTH] });
        const leaf = await intermediate.issue({ name: 'front-proxy-client' });
        return { cert: leaf.cert + intermediate.cert, key: leaf.key };
      },
      { outcome: 'invalid' },
    ],
    [
      'with an intermediate whose name constraints we cannot judge',
      async () => {
        const intermediate = await frontProxyCa.delegate({ name: 'constrained', nameConstraints: true });
        const leaf = await intermediate.issue({ name: 'front-proxy-client' });
        return { cert: leaf.cert + intermediate.cert, key: leaf.key };
      },
      { outcome: 'invalid' },
    ],
    [
      'with an expired intermediate',
      async () => {
        const intermediate = await frontProxyCa.delegate({ name: 'expired', notAfter: Date.now() - HOUR });
        const leaf = await intermediate.issue({ name: 'front-proxy-client' });
        return { cert: leaf.cert + intermediate.cert, key: leaf.key };
      },
      { outcome: 'invalid' },
    ],
    [
      'with an intermediate of the user authority',
      async () => {
        const intermediate = await clientCa.delegate({ name: 'front-proxy-ca' });
        const leaf = await intermediate.issue({ name: 'front-proxy-client' });
        return { cert: leaf.cert + intermediate.cert + frontProxyCa.cert, key: leaf.key };
      },
      { outcome: 'user', user: { name: 'front-proxy-client', groups: ['system:authenticated'] } } as never,
    ],
  ])('%s', async (_, client, expected) => {
    const { authentication, left } = await ask(await client());
    expect(authentication).toMatchObject(expected);
    expect(JSON.stringify(authentication)).not.toContain('alice');
    expect(left).toEqual([]);
  });

  it('A4 before the configuration of the cluster is loaded, and nobody is guessed', async () => {
    loaded = false;
    const { authentication } = await ask(await frontProxy());
    loaded = true;
    expect(authentication).toMatchObject({ outcome: 'unavailable' });
  });

  it('once the certificate expired on an open connection', async () => {
    const { Agent, request } = await import('node:https');
    const agent = new Agent({ ca: servingCa.cert, ...(await frontProxy()), keepAlive: true, maxSockets: 1 });
    const once = () =>
      new Promise<{ authentication: Authentication }>((resolve, reject) =>
        request(url, { agent, headers: ALICE }, async (response) => {
          let text = '';
          for await (const chunk of response) text += chunk;
          resolve(JSON.parse(text));
        })
          .on('error', reject)
          .end(),
      );
    expect((await once()).authentication.outcome).toBe('user');
    now += 24 * HOUR;
    expect((await once()).authentication.outcome).toBe('invalid');
    now -= 24 * HOUR;
    agent.destroy();
  });
});

describe('what the front proxy says', () => {
  it('A3 keeps commas, repeated values, percent-encoded keys and the uid', async () => {
    const { authentication } = await ask(await frontProxy(), {
      'X-Remote-User': 'alice',
      'X-Remote-Uid': 'u-1',
      'X-Remote-Group': ['cn=a,ou=b', 'team, two'],
      'X-Remote-Extra-Example.com%2fa%25b': ['1,2', '3'],
      'X-Remote-Extra-Broken%zz': 'kept',
    });
    expect(authentication).toEqual({
      outcome: 'user',
      user: {
        name: 'alice',
        uid: 'u-1',
        groups: ['cn=a,ou=b', 'team, two', 'system:authenticated'],
        extra: { 'example.com/a%b': ['1,2', '3'], 'broken%zz': ['kept'] },
      },
    });
  });

  it('A6 does not make an anonymous caller an authenticated one', async () => {
    const { authentication } = await ask(await frontProxy(), {
      'X-Remote-User': 'system:anonymous',
      'X-Remote-Group': 'system:unauthenticated',
    });
    const user = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
    expect(authentication).toEqual({ outcome: 'user', user });
  });

  it('A6 does not make somebody an authenticated user of whom it says that they are not', async () => {
    const { authentication } = await ask(await frontProxy(), {
      'X-Remote-User': 'passer-by',
      'X-Remote-Group': 'system:unauthenticated',
    });
    const user = { name: 'passer-by', groups: ['system:unauthenticated'] };
    expect(authentication).toEqual({ outcome: 'user', user });
  });

  it('is nobody when it names no user', async () => {
    const { authentication } = await ask(await frontProxy(), { 'X-Remote-Group': 'system:masters' });
    expect(authentication).toMatchObject({ outcome: 'invalid' });
  });
});

describe('a user with a certificate of its own', () => {
  it('A5 A6 has the common name and the organizations as groups, whatever the headers say', async () => {
    const client = await clientCa.issue({ name: 'bob', organizations: ['team-b', 'team, c'] });
    const { authentication, left } = await ask(client);
    const user = { name: 'bob', groups: ['team-b', 'team, c', 'system:authenticated'] };
    expect(authentication).toEqual({ outcome: 'user', user });
    expect(left).toEqual([]);
  });

  it('is refused without a common name', async () => {
    const { authentication } = await ask(await clientCa.issue({ name: '', organizations: ['system:masters'] }));
    expect(authentication).toMatchObject({ outcome: 'invalid' });
  });

  it('A13 is refused when it asks to be somebody else', async () => {
    const { authentication, left } = await ask(await clientCa.issue({ name: 'bob' }), { 'Impersonate-User': 'root' });
    expect(authentication).toMatchObject({ outcome: 'refused', user: { name: 'bob' } });
    expect(left).toEqual([]);
  });
});
