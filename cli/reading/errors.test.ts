import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../testing/free-port.ts';
import { startCommand } from '../testing/running-command.ts';

/** Whatever is wrong is one line and an exit code. */
let directory: string;
let port: number;
let answer: (url: string, response: ServerResponse) => void;
let asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  answer(request.url ?? '', response);
});
const status = (code: number, body: object | string) => (_: string, response: ServerResponse) => {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify({ kind: 'Status', apiVersion: 'v1', code, ...body }));
};

function kubeconfig(url: string, user: object = { token: 'sesame' }): string {
  return JSON.stringify({
    'current-context': 'work',
    clusters: [{ name: 'c', cluster: { server: url } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'work', context: { cluster: 'c', user: 'u' } }],
  });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-errors-'));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  port = (server.address() as AddressInfo).port;
  await writeFile(join(directory, 'config'), kubeconfig(`http://127.0.0.1:${port}`));
});
beforeEach(() => {
  asked = [];
});
afterAll(async () => {
  server.close();
  await rm(directory, { recursive: true, force: true });
});

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const command = startCommand(argv, { directory, env: { KUBECONFIG: 'config' } });
  const code = await command.exitCode;
  return { code, out: command.out.text(), err: command.err.text() };
}

const WHERE = 'http://127\\.0\\.0\\.1:\\d+ \\(context work\\)';

describe('what a server refuses is one line, with exit code 1', () => {
  it.each([
    [
      '401',
      status(401, { reason: 'Unauthorized', message: 'Unauthorized' }),
      `${WHERE} does not know you: the credentials`,
    ],
    [
      '403',
      status(403, { reason: 'Forbidden', message: 'issues is forbidden:\nUser "u" cannot list' }),
      'issues is forbidden: User "u" cannot list; ask for the right',
    ],
    ['an old server', status(404, '404 page not found'), `${WHERE} serves no issues, or not in this version`],
    [
      'an APIService without a server',
      status(503, 'service unavailable'),
      `${WHERE} has Faultline, and it does not answer`,
    ],
    ['no Kubernetes', status(200, '<html>'), `${WHERE} answered what is no JSON`],
    ['something else', status(200, { kind: 'PodList' }), `${WHERE} answered something else than issues: PodList`],
    ['escapes', status(500, { message: 'a\u001b[2Jb' }), 'ab\n'],
  ])('%s', async (_, given, line) => {
    answer = given;
    const { code, out, err } = await run('get', '-A');
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(new RegExp(`^error: ${line}`));
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });

  it('a server that does not know of the past is told from one that does', async () => {
    answer = status(200, { kind: 'Table', rows: [], metadata: {} });
    expect((await run('get', '-A', '--as-of', '2h')).err).toMatch(/does not know --as-of: its Faultline is older/);
    answer = (_, response) => {
      response.setHeader('warning', '299 - "issues as of 2026-11-21T03:00:00Z, by what is known now"');
      status(200, { kind: 'Table', rows: [], metadata: {} })(_, response);
    };
    expect((await run('get', '-A', '--as-of', '2h')).code).toBe(0);
  });
});

describe('what is wrong with the way to the server is one line', () => {
  it('nobody is there', async () => {
    await writeFile(join(directory, 'away'), kubeconfig(`http://127.0.0.1:${await freePort()}`));
    expect(await run('get', '--kubeconfig', 'away')).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(new RegExp(`^error: cannot reach ${WHERE}: connect ECONNREFUSED[^\n]*\n$`)),
    });
  });

  it.each([
    ['missing', undefined, /^error: cannot read the kubeconfig x \(--kubeconfig\): no such file[^\n]*\n$/],
    ['broken', 'clusters: [', /^error: x is no usable kubeconfig: [^\n]*\n$/],
    ['of another kind', '{}', /^error: x is no usable kubeconfig: it names no cluster\n$/],
  ])('a kubeconfig that is %s', async (_, text, line) => {
    await rm(join(directory, 'x'), { force: true });
    if (text !== undefined) await writeFile(join(directory, 'x'), text);
    const { code, err } = await run('get', '--kubeconfig', 'x');
    expect([code, err]).toEqual([1, expect.stringMatching(line)]);
  });

  it('an unknown context, with those that there are', async () => {
    expect((await run('get', '--context', 'wrok')).err).toBe(
      'error: config has no context "wrok"; did you mean "work"? (it has work)\n',
    );
  });

  it('an exec plugin is run by the library, and its failure told', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: '/nowhere/login', interactiveMode: 'Never' };
    await writeFile(join(directory, 'plugin'), kubeconfig(`http://127.0.0.1:${port}`, { exec }));
    expect((await run('get', '--kubeconfig', 'plugin')).err).toMatch(/^error: .* gives no credentials: .*\n$/);
  });

  it('a certificate that has expired, and one of another authority', async () => {
    const { expired, own } = await certificates();
    for (const [pair, line] of [
      [expired, /^error: https:\S+ \(context work\): the server's certificate has expired: [^\n]*\n$/],
      [own, /^error: https:\S+ \(context work\): the server has a certificate of another authority[^\n]*\n$/],
    ] as const) {
      const tls = createTlsServer(pair, (_, response) => response.end('{}'));
      await new Promise<void>((listening) => tls.listen(0, '127.0.0.1', listening));
      const url = `https://127.0.0.1:${(tls.address() as AddressInfo).port}`;
      const config = JSON.parse(kubeconfig(url)) as { clusters: [{ cluster: Record<string, string> }] };
      if (pair === expired) config.clusters[0].cluster['certificate-authority-data'] = btoa(expired.cert);
      await writeFile(join(directory, 'tls'), JSON.stringify(config));
      expect(await run('get', '--kubeconfig', 'tls')).toEqual({ code: 1, out: '', err: expect.stringMatching(line) });
      tls.close();
    }
  });

  it('an expired client certificate is told as what it is', async () => {
    const { expired } = await certificates();
    const { faultOfAnswer } = await import('./fault.ts');
    const connection = {
      server: 'https://x',
      name: 'work',
      cert: Buffer.from(expired.cert),
      headers: async () => ({}),
    };
    expect(faultOfAnswer(401, '', connection).message).toMatch(
      /the client certificate of the kubeconfig expired at 2020-/,
    );
  });
});

describe('a command line that cannot be right', () => {
  it.each([
    [
      ['--severity', 'critcal'],
      '--severity: "critcal" is none of critical, major, minor, info; did you mean "critical"?',
    ],
    [['-o', 'jason'], '--output: "jason" is none of table'],
    [['-o', 'jsonpath'], '--output jsonpath needs a template'],
    [['-o', 'jsonpath={.items['], '--output jsonpath: a '],
    [['-o', 'custom-columns=x'], '--output custom-columns: "x" is not NAME:PATH'],
    [['--sort-by', '{}'], '--sort-by: "{}" is no path'],
    [['--since', 'soon'], '--since: "soon" is no moment'],
    [['--as-of', 'soon'], '--as-of: "soon" is no moment'],
    [['-A', '-n', 'x'], '--all-namespaces and --namespace say two things at once'],
    [['x', '-A'], 'names are of one namespace'],
    [['x', '--severity', 'major'], 'names and filters say two things at once'],
    [['x', '-l', 'a=b'], 'names and selectors say two things at once'],
    [['X_Y'], '"X_Y" is no name of an issue'],
    [['pods'], '"pods" is no issue, and issues are all that there is here: kubectl get pods'],
    [['issuegroups'], '"issuegroups" is no issue: see faultline groups'],
    [['component-pay…3vuacjnt'], 'was cut to fit the terminal: faultline get -o name has it whole'],
    [['--watch=true', '--as-of', '2h'], '--watch and --as-of'],
    [['-w', '--as-of', '2h'], '--watch and --as-of'],
    [['-w', '--exit-code'], '--watch and --exit-code'],
  ])('%j is told so, with exit code 2, and nobody is asked', async (argv, line) => {
    const { code, out, err } = await run('get', ...argv);
    expect([code, out, asked]).toEqual([2, '', []]);
    expect(err).toMatch(/^error: /);
    expect(err).toContain(line);
  });
});

it('flags without a value take true and false, as with kubectl, and the help of an alias is that of its command', async () => {
  const rows = [{ cells: ['a'], object: { metadata: { name: 'a', namespace: 'n' } } }];
  answer = status(200, { kind: 'Table', columnDefinitions: [{ name: 'Name' }], rows, metadata: {} });
  expect((await run('get', '-n', 'n', '--no-headers=true')).out).toBe('a\n');
  expect((await run('get', '--all-namespaces=false', '-n', 'n', '--no-headers=false')).out).toBe('NAME\na\n');
  expect((await run('get', '--severity=true')).err).toContain('--severity: "true" is none of critical');
  expect((await run('ack')).err).toContain('See faultline acknowledge --help');
});

describe('what is written to a terminal and to a pipe', () => {
  const table = (severity: string, title: string, state = 'Active') => ({
    kind: 'Table',
    metadata: { resourceVersion: '7' },
    columnDefinitions: [{ name: 'Name' }, { name: 'Severity' }, { name: 'Title' }, { name: 'Why', priority: 1 }],
    rows: [
      {
        cells: ['a', severity, title, 'because'],
        object: {
          metadata: {
            ...{ name: 'a', namespace: 'n' },
            labels: { 'faultline.dev/severity': severity, 'faultline.dev/state': state },
          },
        },
      },
    ],
  });

  it('pages are printed as they come, and a critical issue on the last one closes the gate', async () => {
    answer = (url, response) =>
      url.includes('continue=more')
        ? status(200, table('critical', 'last'))(url, response)
        : status(200, { ...table('major', 'first'), metadata: { continue: 'more' } })(url, response);
    const { code, out } = await run('get', '-A', '--exit-code');
    expect([code, out]).toEqual([
      10,
      'NAMESPACE   NAME   SEVERITY   TITLE\nn           a      major      first\nn           a      critical   last\n',
    ]);
    expect(asked.map((url) => new URL(url, 'http://x').searchParams.get('limit'))).toEqual(['10000', '10000']);
  });

  it('a resolved critical issue closes nothing', async () => {
    answer = status(200, table('critical', 'over', 'Resolved'));
    expect((await run('get', '-A', '--all', '--exit-code')).code).toBe(0);
  });

  it('control characters never get through, in any form', async () => {
    const evil = 'x\u001b]0;t\u0007\u009b2Jy\u202ez\r\n!';
    const items = [{ metadata: { name: 'a', namespace: 'n' }, spec: { title: evil, subject: {} }, status: {} }];
    for (const format of ['table', 'wide', 'markdown', 'name', 'json', 'yaml', 'csv', 'jsonpath={..title}']) {
      answer = format.match(/json|yaml|csv/)
        ? status(200, { kind: 'IssueList', items })
        : status(200, table('major', evil));
      const { code, out } = await run('get', '-A', '-o', format);
      expect([format, code]).toEqual([format, 0]);
      expect(out).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    }
  });

  it('a terminal has colours and its width, and NO_COLOR has neither', async () => {
    const { runProgram } = await import('../program.ts');
    const { commands } = await import('../commands/index.ts');
    const { recordedOutput, recordedStreams } = await import('../testing/recorded-streams.ts');
    answer = status(200, table('critical', 'a title that is far longer than the terminal is wide'));
    const written: string[] = [];
    for (const env of [{}, { NO_COLOR: '1' }]) {
      const out = recordedOutput({ isTTY: true, columns: 40 });
      const streams = recordedStreams({ out, directory, env: { KUBECONFIG: 'config', TERM: 'xterm', ...env } });
      await runProgram(['get', '-A'], streams, { name: 'faultline', version: '0', commands });
      written.push(out.text());
    }
    expect(written[0]).toContain('\u001b[1;31mcritical\u001b[0m  a title');
    expect(written[1]).not.toContain('\u001b');
    expect(written[1]?.split('\n').map((line) => line.length <= 40)).not.toContain(false);
    expect(written[1]).toContain('…');
  });
});

describe('through an aggregator that says no', () => {
  const issue = (spec: object = {}) => ({
    ...{ kind: 'Issue', apiVersion: 'faultline.dev/v1alpha1', metadata: { name: 'a', namespace: 'default' } },
    spec: { title: 'It broke', severity: 'major', subject: { kind: 'Component', name: 'web' }, ...spec },
    status: { state: 'Active', openedAt: '2026-11-20T10:00:00Z', lastSeenAt: '2026-11-20T10:00:00Z', occurrences: 2 },
  });

  it('describe tells what there is, and what cannot be had and why', async () => {
    answer = (url, response) => {
      // A server that is older: the path itself is unknown.
      if (url.endsWith('/timeline')) return status(404, { reason: 'NotFound', message: 'not found' })(url, response);
      if (url.endsWith('/evidence')) {
        return status(403, { reason: 'Forbidden', message: 'cannot get issues/evidence', details: { name: 'a' } })(
          url,
          response,
        );
      }
      if (/issues\/a(\?|$)/.test(url)) return status(200, issue())(url, response);
      return status(403, { reason: 'Forbidden', message: 'cannot list issues' })(url, response);
    };
    const { code, out } = await run('describe', 'a');
    expect(code).toBe(0);
    expect(out).toContain('\nSeen:       2 times');
    expect(out).toContain('\nEvidence: you may not read it: cannot get issues/evidence; ask for the right');
    expect(out).toContain('\nTimeline: the Faultline of this cluster is older than this command\n');
    expect(out).not.toContain('Also wrong');
  });

  it('open prints the log before the console, the relation that was asked for, and no other program', async () => {
    const links = [
      { rel: 'console', title: 'c', url: 'https://console.example.com/x' },
      { rel: 'log', title: 'l', url: 'https://log.example.com/x?a=b&c=\u001b[2Jd' },
      { rel: 'docs', title: 'd', url: 'file:///etc/passwd' },
    ];
    answer = status(200, issue({ links }));
    expect((await run('open', 'a')).out).toBe('https://log.example.com/x?a=b&c=%1B[2Jd\n');
    expect((await run('open', 'iss/a', '--link', 'console')).out).toBe('https://console.example.com/x\n');
    expect((await run('open', 'a', '--link', 'commit')).err).toBe(
      'error: "a" has no commit link (it has console, log, docs)\n',
    );
    expect((await run('open', 'a', '--link', 'docs')).code).toBe(1);
  });

  it('open opens on a terminal, unless it shall only print', async () => {
    const { runOpen } = await import('./run-open.ts');
    const { recordedOutput, recordedStreams } = await import('../testing/recorded-streams.ts');
    answer = status(200, issue({ links: [{ rel: 'log', title: 'l', url: 'https://log.example.com/x' }] }));
    const opened: string[] = [];
    for (const [isTTY, print] of [
      [true, false],
      [true, true],
      [false, false],
    ] as const) {
      const streams = recordedStreams({ out: recordedOutput({ isTTY }), directory, env: { KUBECONFIG: 'config' } });
      const options = { name: 'a', namespace: undefined, asOf: undefined, link: undefined, print };
      await runOpen(options, streams, async (url) => opened.push(url) === 0);
      expect(streams.err.text()).toBe(
        isTTY && !print ? 'no browser could be opened here: follow the link yourself\n' : '',
      );
    }
    expect(opened).toEqual(['https://log.example.com/x']);
  });
});

it('a watch survives a lost connection and a server that forgot, and ends for a refusal', async () => {
  const row = (name: string, resourceVersion: string) => ({
    kind: 'Table',
    columnDefinitions: [{ name: 'Name' }],
    metadata: { resourceVersion },
    rows: [
      { cells: [name], object: { metadata: { name, resourceVersion, labels: { 'faultline.dev/state': 'Active' } } } },
    ],
  });
  const event = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;
  const watches: ((response: ServerResponse) => void)[] = [
    (response) => {
      response.write(event('ADDED', row('second', '8')));
      setImmediate(() => response.destroy());
    },
    (response) => void response.end(event('ERROR', { kind: 'Status', code: 410, message: 'too old' })),
    (response) => void response.end(event('MODIFIED', row('fourth', '10'))),
    (response) => status(403, { reason: 'Forbidden', message: 'no longer' })('', response),
  ];
  const lists = [row('first', '7'), row('third', '9')];
  answer = (url, response) =>
    url.includes('watch=true') ? watches.shift()?.(response) : status(200, lists.shift() ?? {})(url, response);
  const { code, out, err } = await run('get', '-n', 'x', '-w', '--no-headers');
  expect([code, out]).toEqual([1, 'first\nsecond\nthird\nfourth\n']);
  expect(err).toMatch(
    /^[^\n]*trying again\nthe server no longer knows[^\n]*\n(.*\n)*error: no longer; ask for the right/,
  );
  const versions = asked
    .filter((url) => url.includes('watch=true'))
    .map((url) => /resourceVersion=(\d+)/.exec(url)?.[1]);
  expect(versions).toEqual(['7', '8', '9', '10']);
});

let made: Promise<{ expired: Pair; own: Pair }> | undefined;
interface Pair {
  readonly key: string;
  readonly cert: string;
}

function certificates(): Promise<{ expired: Pair; own: Pair }> {
  made ??= Promise.all([pair('2020-01-02'), pair('2099-01-01')]).then(([expired, own]) => ({ expired, own }));
  return made;
}

async function pair(notAfter: string): Promise<Pair> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ name: 'CN=127.0.0.1', keys, signingAlgorithm: algorithm },
    ...{ notBefore: new Date('2019-01-01'), notAfter: new Date(notAfter) },
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]),
      new x509.BasicConstraintsExtension(true),
    ],
  });
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const key = `-----BEGIN PRIVATE KEY-----\n${der.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`;
  return { key, cert: certificate.toString('pem') };
}
