import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { commands } from '../commands/index.ts';
import { runProgram } from '../program.ts';
import { freePort } from '../testing/free-port.ts';
import { recordedOutput, recordedStreams } from '../testing/recorded-streams.ts';
import { startCommand } from '../testing/running-command.ts';

/** The commands against a server that answers what it is told, through a kubeconfig. */
let directory: string;
let answer: { status: number; body: object | string };
let asked: { method: string | undefined; url: string | undefined; body: unknown; authorization: string | undefined }[];
const server = createServer((request: IncomingMessage, response) => {
  void (request.method === 'GET' ? Promise.resolve() : json(request)).then((body) => {
    const { method, url, headers } = request;
    asked.push({ method, url, body, authorization: headers.authorization });
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  });
});

async function writeKubeconfig(name: string, port: number, namespace?: string): Promise<void> {
  const kubeconfig = {
    'current-context': 'work',
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }],
    users: [{ name: 'u', user: { token: 'sesame' } }],
    contexts: [{ name: 'work', context: { cluster: 'c', user: 'u', ...(namespace && { namespace }) } }],
  };
  await writeFile(join(directory, name), JSON.stringify(kubeconfig));
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-act-'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await writeKubeconfig('config', (server.address() as AddressInfo).port, 'shop');
  await writeKubeconfig('bare', (server.address() as AddressInfo).port);
  await writeKubeconfig('away', await freePort());
});
beforeEach(() => {
  asked = [];
  answer = { status: 201, body: {} };
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

const path = (namespace: string, action: string) =>
  `/apis/faultline.dev/v1alpha1/namespaces/${namespace}/issues/web-a/${action}`;
const refused = (status: number, reason: string, message: string, details: object = { name: 'web-a' }) => ({
  status,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, details, code: status },
});

describe('resolve, acknowledge and snooze', () => {
  it('post the kind of the action to the issue, in the namespace of the context, as its user', async () => {
    answer.body = { status: { resolvedReason: 'Manual' } };
    expect(await run('resolve', 'web-a', '--comment', 'a flake')).toEqual({
      ...{ code: 0, out: 'issue.faultline.dev/web-a resolved\n', err: '' },
    });
    expect(asked).toEqual([
      {
        method: 'POST',
        url: path('shop', 'resolve'),
        authorization: 'Bearer sesame',
        body: { apiVersion: 'faultline.dev/v1alpha1', kind: 'IssueResolution', spec: { comment: 'a flake' } },
      },
    ]);
  });

  it('take a namespace, a kubeconfig, and names as kubectl prints them', async () => {
    expect((await run('acknowledge', 'issue.faultline.dev/web-a', '-n', 'team-b')).out).toBe(
      'issue.faultline.dev/web-a acknowledged\n',
    );
    expect((await run('acknowledge', 'iss/web-a', '--kubeconfig', 'bare')).code).toBe(0);
    expect(asked.map(({ url }) => url)).toEqual([path('team-b', 'acknowledge'), path('default', 'acknowledge')]);
    expect(asked[0]?.body).toEqual({ apiVersion: 'faultline.dev/v1alpha1', kind: 'IssueAcknowledgement', spec: {} });
  });

  it('say until when a snooze lasts, and that a dry run is one', async () => {
    answer.body = { status: { snoozedUntil: '2026-11-23T09:00:00Z' } };
    expect((await run('snooze', 'web-a', '--for', '2h', '--dry-run')).out).toBe(
      'issue.faultline.dev/web-a snoozed until 2026-11-23T09:00:00Z (server dry run)\n',
    );
    await run('snooze', 'web-a', '--until', '2026-11-23T09:00:00Z');
    expect(asked.map(({ url, body }) => [url, (body as { spec: object }).spec])).toEqual([
      [`${path('shop', 'snooze')}?dryRun=All`, { duration: '2h' }],
      [path('shop', 'snooze'), { until: '2026-11-23T09:00:00Z' }],
    ]);
  });

  it('say when an issue was over before somebody resolved it', async () => {
    answer.body = { status: { resolvedReason: 'Recovered' } };
    expect((await run('resolve', 'web-a')).out).toBe('issue.faultline.dev/web-a resolved before: Recovered\n');
  });

  it.each([
    [
      refused(404, 'NotFound', 'issues.faultline.dev "web-a" not found'),
      'error: there is no issue "web-a" in namespace shop: see faultline get --all\n',
    ],
    [
      refused(403, 'Forbidden', 'User "u"\ncannot create'),
      'error: User "u" cannot create; ask for the right, see docs/access.md\n',
    ],
    [refused(503, 'ServiceUnavailable', 'the database is away', {}), 'error: the database is away; try again\n'],
    [{ status: 502, body: '<html>' }, 'error: the server answered 502: <html>\n'],
  ])('tell in one line what the server said: %j', async (given, line) => {
    answer = given;
    expect(await run('resolve', 'web-a')).toEqual({ code: 1, out: '', err: line });
  });

  it.each([
    [
      refused(404, 'NotFound', 'the server could not find the requested resource', {}),
      'serves no issues, or not in this version: use the kubeconfig of',
    ],
    [refused(401, 'Unauthorized', 'Unauthorized', {}), 'does not know you'],
  ])('tell which server it is that cannot: %j', async (given, text) => {
    answer = given;
    expect((await run('resolve', 'web-a')).err).toMatch(
      new RegExp(`^error: http://127.0.0.1:\\d+ \\(context work\\) ${text}.*\n$`),
    );
  });

  it('tell whose fault it is that there are no credentials: nobody was asked', async () => {
    const kubeconfig = JSON.parse(await readFile(join(directory, 'config'), 'utf8')) as { users: object[] };
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: '/nowhere/login', interactiveMode: 'Never' };
    const file = join(directory, 'plugin');
    await writeFile(file, JSON.stringify({ ...kubeconfig, users: [{ name: 'u', user: { exec } }] }));
    const { code, err } = await run('resolve', 'web-a', '--kubeconfig', 'plugin');
    expect([code, err, asked]).toEqual([1, expect.stringMatching(/^error: .* gives no credentials: .*\n$/), []]);
    expect(err).not.toContain('cannot reach');
  });

  it('tell in one line that the server cannot be reached', async () => {
    expect(await run('resolve', 'web-a', '--kubeconfig', 'away')).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(
        /^error: cannot reach http:\/\/127.0.0.1:\d+ \(context work\): connect ECONNREFUSED.*\n$/,
      ),
    });
  });
});

describe('evidence', () => {
  it('is asked for as the user of the context, and printed', async () => {
    answer = { status: 200, body: { status: { recordedAt: '2026-11-21T07:00:00Z', exitCode: 2 } } };
    const { code, out } = await run('evidence', 'issue.faultline.dev/web-a', '-n', 'team-b');
    expect([code, out]).toEqual([0, expect.stringContaining('Exit code: 2')]);
    expect(asked).toEqual([
      expect.objectContaining({ method: 'GET', url: path('team-b', 'evidence'), authorization: 'Bearer sesame' }),
    ]);
  });

  it('that may not be read is one line with the right that is missing', async () => {
    answer = refused(403, 'Forbidden', 'User "u" cannot get resource "issues/evidence"');
    expect(await run('evidence', 'web-a')).toEqual({
      ...{
        code: 1,
        out: '',
        err: 'error: User "u" cannot get resource "issues/evidence"; ask for the right, see docs/access.md\n',
      },
    });
  });
});

describe('assign, due and comment', () => {
  it.each([
    [['assign', 'web-a'], 'assign', { kind: 'IssueAssignment', spec: {} }, { assignee: 'u' }, 'assigned to u'],
    [
      ['assign', 'web-a', '--to', 'team-web', '--comment', 'yours'],
      'assign',
      { kind: 'IssueAssignment', spec: { assignee: 'team-web', comment: 'yours' } },
      { assignee: 'team-web' },
      'assigned to team-web',
    ],
    [
      ['assign', 'web-a', '--nobody'],
      'assign',
      { kind: 'IssueAssignment', spec: { unassign: true } },
      {},
      'assigned to nobody',
    ],
    [
      ['due', 'web-a', '--in', '3d'],
      'due',
      { kind: 'IssueDueDate', spec: { in: '3d' } },
      { due: { by: 'u', at: '2026-12-01T17:00:00Z' } },
      'due 2026-12-01T17:00:00Z',
    ],
    [['due', 'web-a', '--clear'], 'due', { kind: 'IssueDueDate', spec: { clear: true } }, {}, 'has no due date'],
    [
      ['comment', 'iss/web-a', 'found it'],
      'comment',
      { kind: 'IssueComment', spec: { comment: 'found it' } },
      { by: 'u' },
      'commented',
    ],
  ])('%j posts its kind and tells what shows now', async (argv, action, body, status, told) => {
    answer.body = { status };
    expect(await run(...argv)).toEqual({ code: 0, out: `issue.faultline.dev/web-a ${told}\n`, err: '' });
    expect(asked).toMatchObject([{ url: path('shop', action), body }]);
  });
});

describe('several issues', () => {
  const typed = async (answered: string, ...argv: string[]) => {
    const err = recordedOutput({ isTTY: true });
    const streams = recordedStreams({
      ...{ directory, env: { KUBECONFIG: 'config' }, err, in: Readable.from([answered]) },
    });
    const code = await runProgram(argv, streams, { name: 'faultline', version: '0', commands });
    return { code, out: streams.out.text(), err: err.text() };
  };

  it('are asked about on a terminal, with their names, and anything but yes is no', async () => {
    expect(await typed('y\n', 'resolve', 'web-a', 'web-b')).toEqual({
      code: 0,
      out: 'issue.faultline.dev/web-a resolved\nissue.faultline.dev/web-b resolved\n',
      err: '  web-a\n  web-b\nresolve these 2 issues in namespace shop? [y/N] ',
    });
    asked = [];
    for (const answered of ['n\n', '\n', '']) {
      const { code, err } = await typed(answered, 'resolve', 'web-a', 'web-b');
      expect([code, err.endsWith('error: nothing was done\n'), asked]).toEqual([1, true, []]);
    }
  });

  it('are not asked about where nobody can answer, nor with --yes, nor in a dry run', async () => {
    expect((await run('resolve', 'web-a', 'web-b')).err).toBe(
      'error: this would resolve 2 issues, and nobody can be asked here: add --yes\n',
    );
    expect(asked).toEqual([]);
    expect((await run('resolve', 'web-a', 'web-b', '--yes')).code).toBe(0);
    expect((await run('resolve', 'web-a', 'web-b', '--dry-run')).code).toBe(0);
    // The same name twice is one issue.
    expect((await run('resolve', 'web-a', 'issue/web-a')).code).toBe(0);
    expect(asked).toHaveLength(5);
  });

  it('get the same comment, and the refusal of one is a line of its own', async () => {
    expect((await run('comment', 'web-a', 'web-b', 'the disk', '-y')).code).toBe(0);
    expect(asked.map(({ url, body }) => [url, (body as { spec: object }).spec])).toEqual([
      [path('shop', 'comment'), { comment: 'the disk' }],
      [path('shop', 'comment').replace('web-a', 'web-b'), { comment: 'the disk' }],
    ]);
    answer = refused(409, 'Conflict', 'it is Resolved');
    expect(await run('ack', 'web-a', 'web-b', '-y')).toEqual({
      ...{ code: 1, out: '', err: 'error: it is Resolved\nerror: it is Resolved\n' },
    });
    answer = refused(401, 'Unauthorized', 'Unauthorized', {});
    expect((await run('ack', 'web-a', 'web-b', '-y')).err.trimEnd().split('\n')).toHaveLength(1);
  });

  it("take Kite's flag, for a name or for an id", async () => {
    expect((await run('resolve', '-i', 'web-a')).out).toBe('issue.faultline.dev/web-a resolved\n');
    answer.body = { issue: { namespace: 'other', name: 'web-c' }, status: {} };
    const id = '5f0a3c1e-6f3a-4d59-9f0e-0c6a1f2b3d4e';
    expect((await run('resolve', '-i', id)).out).toBe('issue.faultline.dev/web-c resolved\n');
    expect(asked.slice(-2).map(({ url }) => url)).toEqual([
      `/api/v1/issues/${id}/timeline`,
      '/apis/faultline.dev/v1alpha1/namespaces/other/issues/web-c/resolve',
    ]);
    answer = refused(404, 'NotFound', 'not found', {});
    expect((await run('resolve', '-i', id)).err).toMatch(
      /knows issues by name, not by id: see faultline get -n shop\n$/,
    );
  });
});

describe('a command line that cannot be right', () => {
  it.each([
    [['snooze', 'web-a'], 'error: say how long: --for 2h, or --until and a time'],
    [['snooze', 'web-a', '--for', '1h', '--until', '2030-01-01T00:00:00Z'], 'error: say how long'],
    [['snooze', 'web-a', '--for', 'soon'], 'error: --for: "soon" is not a duration'],
    [['snooze', 'web-a', '--for', '91d'], 'error: --for must be longer than nothing and at most 90d'],
    [['snooze', 'web-a', '--until', 'tomorrow'], 'error: --until: "tomorrow" is no time such as'],
    [['resolve', 'Web_A'], 'error: "Web_A" is no name of an issue'],
    [['resolve', 'web-a', '-n', 'Shop'], 'error: "Shop" is no namespace name'],
    [['acknowledge', 'web-a', '--comment', 'x'.repeat(1_025)], 'error: a comment takes at most 1024 characters'],
    [['resolve', 'a', '--reason', 'x', '--comment', 'y'], 'error: --reason and --comment are the same: give one'],
    [['assign', 'web-a', '--to', 'x', '--nobody'], 'error: --to and --nobody say two things at once'],
    [['due', 'web-a'], 'error: say by when: --in 3d, --at and a time, or --clear'],
    [['due', 'web-a', '--in', '3d', '--clear'], 'error: say by when'],
    [['due', 'web-a', '--at', 'soon'], 'error: --at: "soon" is no time such as'],
    [['comment', 'web-a', ' '], 'error: the comment is empty'],
    [['comment', 'web-a'], 'error: the comment is empty'],
    [['acknowledge'], 'error: name at least one issue: see faultline get'],
  ])('%j is told so, with exit code 2, and nobody is asked', async (argv, line) => {
    const { code, err } = await run(...argv);
    expect([code, err]).toEqual([2, expect.stringContaining(line)]);
    expect(err).toMatch(/See faultline \w+ --help\n$/);
    expect(asked).toEqual([]);
  });

  it.each(['resolve', 'acknowledge', 'snooze', 'assign', 'due', 'comment'])(
    '%s --help shows examples',
    async (name) => {
      expect((await run(name, '--help')).out).toMatch(new RegExp(`Examples:[^]*faultline ${name} `));
    },
  );
});
