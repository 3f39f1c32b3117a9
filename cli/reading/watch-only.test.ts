import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startCommand } from '../testing/running-command.ts';

/** `faultline get --watch-only` against a server that says what the test wants. */
let directory: string;
let url: string;
/** Of each list and of each watch, the last again and again. */
let lists: object[];
let watches: object[][];
const server = createServer((request, response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const next = <T>(of: T[]): T | undefined => (of.length > 1 ? of.shift() : of[0]);
  if (!request.url?.includes('watch=true')) return void response.end(JSON.stringify(next(lists)));
  const events = watches.shift() ?? [];
  response.write(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
});
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-watch-only-'));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const kubeconfig = {
    'current-context': 'work',
    clusters: [{ name: 'c', cluster: { server: url } }],
    users: [{ name: 'u', user: { token: 'sesame' } }],
    contexts: [{ name: 'work', context: { cluster: 'c', user: 'u' } }],
  };
  await writeFile(join(directory, 'config'), JSON.stringify(kubeconfig));
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  lists = [table([])];
  watches = [];
});

const COLUMNS = [{ name: 'Name' }, { name: 'Title' }];
const issue = (name: string) => ({
  ...{ kind: 'Issue', apiVersion: 'faultline.dev/v1alpha1', spec: { title: `${name} fails`, subject: {} }, status: {} },
  metadata: { name, namespace: 'shop', resourceVersion: '7', labels: { 'faultline.dev/state': 'Active' } },
});
const table = (names: readonly string[], columnDefinitions?: readonly object[]) => ({
  ...{ kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: { resourceVersion: '7' } },
  columnDefinitions: columnDefinitions ?? COLUMNS,
  rows: names.map((name) => ({ cells: [name, `${name} fails`], object: issue(name) })),
});
const ADDED = { type: 'ADDED', object: table(['new'], []) };

async function watch(...more: string[]): Promise<{ out: string; err: string }> {
  await using command = startCommand(['get', '-n', 'shop', '--watch-only', ...more], {
    ...{ directory, env: { KUBECONFIG: 'config' } },
  });
  await command.printed(/\bnew\b.*\n/);
  return { out: command.out.text(), err: command.err.text() };
}

describe('where nothing changes for a while', () => {
  beforeEach(() => {
    // Only the first event of a Table has its columns.
    watches = [[{ type: 'BOOKMARK', object: table([]) }, ADDED]];
  });

  it.each([
    [[], /^NAME +TITLE\nnew +new fails\n$/],
    [['-o', 'markdown'], /^\| Name \| Title \|\n\| --- \| --- \|\n\| new \| new fails \|\n$/],
  ])('%j: what comes then has all its cells', async (flags, out) => {
    expect((await watch(...flags)).out).toMatch(out);
    lists = [table(['old'])];
    watches = [[{ type: 'BOOKMARK', object: table([]) }, ADDED]];
    expect((await watch(...flags)).out).toMatch(out);
  });

  it('CSV has its head once, and nothing of what is there', async () => {
    lists = [{ kind: 'IssueList', metadata: { resourceVersion: '7' }, items: [issue('old')] }];
    watches = [[{ type: 'ADDED', object: issue('new') }]];
    expect((await watch('-o', 'csv')).out).toMatch(/^namespace,name,[^\n]+\nshop,new,[^\n]+\n$/);
  });
});

it('what is there is not shown either when the server no longer knows what changed', async () => {
  lists = [table(['old']), table(['old', 'older'])];
  watches = [[{ type: 'ERROR', object: { code: 410, message: 'too old' } }], [ADDED]];
  const { out, err } = await watch();
  expect(out).toMatch(/^NAME +TITLE\nnew +new fails\n$/);
  expect(err).toBe('the server no longer knows what changed since: what changed meanwhile is not shown\n');
});
