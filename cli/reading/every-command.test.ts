import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../testing/free-port.ts';
import { startCommand } from '../testing/running-command.ts';

/** Whatever is wrong between a person and the server is one line, for every command that asks one. */
let directory: string;
let answer: { readonly status: number; readonly body: object | string };
const server = createServer((request, response: ServerResponse) => {
  request.resume();
  response.writeHead(answer.status, { 'content-type': 'application/json' });
  response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
});

const kubeconfig = (url: string) =>
  JSON.stringify({
    'current-context': 'work',
    clusters: [{ name: 'c', cluster: { server: url } }],
    users: [{ name: 'u', user: { token: 'sesame' } }],
    contexts: [{ name: 'work', context: { cluster: 'c', user: 'u' } }],
  });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-every-'));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await writeFile(join(directory, 'config'), kubeconfig(`http://127.0.0.1:${port}`));
  await writeFile(join(directory, 'away'), kubeconfig(`http://127.0.0.1:${await freePort()}`));
  await writeFile(join(directory, 'broken'), 'clusters: [');
});
afterAll(async () => {
  server.close();
  await rm(directory, { recursive: true, force: true });
});

async function run(argv: readonly string[], config = 'config'): Promise<{ code: number; out: string; err: string }> {
  const input = JSON.stringify({ source: 'x', subject: {}, order: {}, body: {} });
  const command = startCommand(argv, {
    ...{ directory, env: { KUBECONFIG: config, HOME: directory }, in: Readable.from([input]) },
  });
  const code = await command.exitCode;
  return { code, out: command.out.text(), err: command.err.text() };
}

const COMMANDS: readonly (readonly [string, ...string[]])[] = [
  ['get'], ['get', 'a'], ['list'], ['search', 'x'], ['describe', 'a'], ['details', '-i', 'a'], ['open', 'a'],
  ['history', 'a'], ['logs', 'a'], ['evidence', 'a'], ['groups'], ['groups', 'a'], ['groups', '-n', 'x'], ['top'],
  ['stats'], ['explain', 'pod/a'], ['report', '-f', '-'], ['resolve', 'a'], ['ack', 'a'], ['snooze', 'a', '--for', '1h'],
  ['assign', 'a'], ['due', 'a', '--in', '1d'], ['comment', 'a', 'x'],
]; // biome-ignore format: many of them

const status = (code: number, reason: string, message: string) => ({
  ...{ status: code, body: { kind: 'Status', apiVersion: 'v1', code, reason, message } },
});

describe.each(COMMANDS.map((argv) => [argv.join(' '), argv] as const))('faultline %s', (_, argv) => {
  const isOneLine = { code: 1, out: '', err: expect.stringMatching(/^error: [^\n]+\n$/) };

  it('says in one line that nobody is there, or that the kubeconfig is none', async () => {
    const away = await run(argv, 'away');
    expect(away).toEqual(isOneLine);
    expect(away.err).toContain('cannot reach http://127.0.0.1:');
    const broken = await run(argv, 'broken');
    expect(broken).toEqual(isOneLine);
    expect(broken.err).toContain('broken is no usable kubeconfig');
  });

  it.each([
    ['401', status(401, 'Unauthorized', 'Unauthorized'), /does not know you: the credentials/],
    ['403', status(403, 'Forbidden', 'User "u" cannot\ndo it'), /User "u" cannot do it; ask for the right/],
    [
      'an older server',
      status(404, 'NotFound', 'not found'),
      /serves no issues|is older than this command|there is no/,
    ],
    ['a database that is away', status(503, 'ServiceUnavailable', 'it is away'), /it is away; try again/],
    ['an aggregator without a server', { status: 503, body: 'service unavailable' }, /see kubectl get apiservice/],
    ['something that is no Kubernetes', { status: 200, body: '<html>' }, /answered what is no JSON/],
  ])('%s', async (_what, given, line) => {
    answer = given;
    const answered = await run(argv);
    expect(answered).toEqual(isOneLine);
    expect(answered.err).toMatch(line);
    expect(answered.err).not.toMatch(/\n\s+at /);
  });
});
