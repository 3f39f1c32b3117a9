import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startCommand } from '../testing/running-command.ts';

/** Who asks, and whom, when flags say more than the kubeconfig. */
let directory: string;
let url: string;
let asked: IncomingMessage[] = [];
let answers: (response: ServerResponse) => void;
const server = createServer((request, response) => {
  asked.push(request);
  answers(response);
});
const empty = (response: ServerResponse) =>
  response.end(JSON.stringify({ kind: 'Table', columnDefinitions: [], rows: [], metadata: {} }));

const kubeconfig = (user: object, more: object = {}) =>
  JSON.stringify({
    'current-context': 'work',
    clusters: [{ name: 'c', cluster: { server: url } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'work', context: { cluster: 'c', user: 'u' } }],
    ...more,
  });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-as-'));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await writeFile(join(directory, 'config'), kubeconfig({ token: 'sesame' }));
});
beforeEach(() => {
  asked = [];
  answers = empty;
});
afterAll(async () => {
  server.close();
  await rm(directory, { recursive: true, force: true });
});

async function run(argv: readonly string[], env: Record<string, string> = { KUBECONFIG: 'config' }) {
  const command = startCommand(argv, { directory, env: { HOME: directory, ...env } });
  const code = await command.exitCode;
  const { headers = {}, headersDistinct = {} } = asked[0] ?? {};
  return { code, err: command.err.text(), headers, headersDistinct };
}

describe('flags of kubectl', () => {
  it('--as, --as-group and --as-uid impersonate, before and after the command', async () => {
    const flags = ['--as', 'jane', '--as-group', 'dev', '--as-group', 'ops', '--as-uid', 'u-1'];
    for (const argv of [
      ['get', '-A', ...flags],
      [...flags, 'get', '-A'],
    ]) {
      asked = [];
      const { code, headersDistinct } = await run(argv);
      expect(code).toBe(0);
      expect(headersDistinct).toMatchObject({
        authorization: ['Bearer sesame'],
        'impersonate-user': ['jane'],
        'impersonate-uid': ['u-1'],
      });
      // A list with commas is one group for Kubernetes: each is a header of its own.
      expect(asked[0]?.rawHeaders.filter((word) => word === 'dev' || word === 'ops')).toEqual(['dev', 'ops']);
    }
  });

  it('--token is instead of the credentials of the kubeconfig', async () => {
    expect((await run(['get', '-A', '--token', 'other'])).headers.authorization).toBe('Bearer other');
  });

  it('--server is instead of that of the kubeconfig, and needs none', async () => {
    await writeFile(join(directory, 'wrong'), kubeconfig({ token: 'sesame' }).replace(url, 'http://127.0.0.1:1'));
    const { code, headers } = await run(['get', '-A', '--server', `${url}/`], { KUBECONFIG: 'wrong' });
    expect([code, headers.authorization]).toEqual([0, 'Bearer sesame']);
    asked = [];
    const bare = await run(['get', '-A', '--server', url, '--token', 't'], { KUBECONFIG: '' });
    expect([bare.code, bare.headers.authorization]).toEqual([0, 'Bearer t']);
  });

  it('--request-timeout ends a request that takes longer, and 0 does not', async () => {
    answers = () => {};
    expect((await run(['get', '-A', '--request-timeout', '50ms'])).err).toMatch(
      /^error: cannot reach http:\S+ \(context work\): no answer for 0\.05 s\n$/,
    );
    answers = empty;
    expect((await run(['get', '-A', '--request-timeout', '0'])).code).toBe(0);
  });

  it.each([
    [['--as-group', 'x'], '--as-group and --as-uid belong to --as: as whom?'],
    [['--server', 'here'], '--server: "here" is no URL'],
    [['--request-timeout', 'soon'], '--request-timeout: "soon" is no duration'],
    [['--client-key', 'x'], '--client-certificate and --client-key belong together'],
    [['--certificate-authority', 'x', '--insecure-skip-tls-verify'], 'say two things at once'],
  ])('%j cannot be right, and is told so', async (flags, line) => {
    const { code, err } = await run(['get', '-A', ...flags]);
    expect([code, asked]).toEqual([2, []]);
    expect(err).toContain(line);
  });

  it('a file that is not there is told in one line', async () => {
    expect((await run(['get', '-A', '--certificate-authority', 'nowhere.pem'])).err).toBe(
      'error: --certificate-authority: cannot read nowhere.pem: no such file\n',
    );
  });
});

describe('as: of a kubeconfig', () => {
  const user = {
    ...{ token: 'sesame', as: 'jane', 'as-groups': ['dev', 'ops'], 'as-uid': 'u-1' },
    'as-user-extra': { 'example.com/reason': ['drill'] },
  };
  const expected = {
    'impersonate-user': ['jane'],
    'impersonate-uid': ['u-1'],
    'impersonate-extra-example.com%2freason': ['drill'],
  };

  it.each([
    ['alone', 'as'],
    // Several files are read by the library, which knows of the user and not of the groups.
    ['in several files', 'as:config'],
  ])('counts, with groups, uid and extra: %s', async (_, files) => {
    await writeFile(join(directory, 'as'), kubeconfig(user));
    const { code, headersDistinct } = await run(['get', '-A'], { KUBECONFIG: files });
    expect(code).toBe(0);
    expect(headersDistinct).toMatchObject(expected);
    expect(asked[0]?.rawHeaders.filter((word) => word === 'dev' || word === 'ops')).toEqual(['dev', 'ops']);
  });
});

describe('credentials stay where they belong', () => {
  const answering = (server: string) => ['get', '-A', '--server', server];

  it('over plain HTTP beyond this machine nobody says who they are', async () => {
    // 0.0.0.0 is this machine by another name: what is asked is seen here, and it is no loopback address.
    const elsewhere = url.replace('127.0.0.1', '0.0.0.0');
    const { code, headers } = await run(answering(elsewhere));
    expect([code, headers.authorization]).toEqual([0, undefined]);
    const typed = await run([...answering(elsewhere), '--token', 'sesame']);
    expect([typed.code, typed.err]).toEqual([
      1,
      expect.stringMatching(/^error: --token is not sent to http:\/\/0\.0\.0\.0/),
    ]);
    asked = [];
    expect((await run(answering(url))).headers.authorization).toBe('Bearer sesame');
  });

  it('a server that was remembered for one cluster gets no credentials of another', async () => {
    const env = { KUBECONFIG: 'config', XDG_CONFIG_HOME: join(directory, 'settings') };
    expect((await run(['config', 'set-api-url', 'https://127.0.0.1:1'], env)).code).toBe(0);
    expect((await run(['get', '-A'], env)).err).toMatch(/^error: cannot reach https:\/\/127\.0\.0\.1:1 /);
    await writeFile(join(directory, 'other'), kubeconfig({ token: 'other' }).replace(url, 'https://127.0.0.1:2'));
    expect((await run(['get', '-A'], { ...env, KUBECONFIG: 'other' })).err).toMatch(
      /^error: https:\/\/127\.0\.0\.1:1 \(config set-api-url\) was not set for https:\/\/127\.0\.0\.1:2, /,
    );
  });
});
