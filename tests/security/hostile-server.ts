import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SAMPLES } from '../golden/issues.ts';

/**
 * An API server that answers every question of ours in the right form, with text that acts on a terminal in every place
 * where there is text.
 */
export interface HostileServer extends AsyncDisposable {
  readonly url: string;
  /** Stands in every text of the answers from now on; what is `refused` is answered with a Status. */
  say(text: string, refused: boolean): void;
}

export async function startHostileServer(): Promise<HostileServer> {
  let text = '';
  let refused = false;
  const server = createServer((request, response) => {
    request.resume().on('end', () => answer(request, response, text, refused));
  });
  server.listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    say: (said, refuses) => {
      text = said;
      refused = refuses;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Words by which a client knows what it reads. */
const KEPT = new Set(['kind', 'apiVersion', 'state', 'op', 'verdict', 'status', 'rel', 'format', 'cell']);

/** Every text of `value` ends in `text`, but for `KEPT`. */
export function poisoned(value: unknown, text: string, key = ''): unknown {
  if (typeof value === 'string') return KEPT.has(key) ? value : `${value}${text}`;
  if (Array.isArray(value)) return value.map((each) => poisoned(each, text, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, poisoned(each, text, name)]));
}

function answer(request: IncomingMessage, response: ServerResponse, text: string, refused: boolean): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const say = (status: number, body: unknown, headers = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(poisoned(body, text)));
  };
  if (refused) {
    const details = { name: 'a', causes: [{ field: 'spec', message: 'wrong' }] };
    say(403, { kind: 'Status', apiVersion: 'v1', code: 403, reason: 'Forbidden', message: 'no', details });
    return;
  }
  if (url.searchParams.get('watch')) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify({ type: 'MODIFIED', object: tableOrObject(request, text) })}\n`);
    return;
  }
  const body = bodyOf(url.pathname, request);
  if (body === undefined) say(404, { kind: 'Status', code: 404, message: 'unknown' });
  else say(request.method === 'POST' ? 201 : 200, body);
}

const ISSUE = {
  ...SAMPLES[0],
  spec: {
    ...SAMPLES[0]?.spec,
    description: 'first line\nsecond line',
    links: [{ rel: 'log', title: 'log', url: 'https://example.com/log' }],
    remediation: { text: 'repair it', url: 'https://example.com/how' },
    group: 'CVE-1',
  },
  status: { ...SAMPLES[0]?.status, assignee: 'jane', acknowledged: { by: 'jane', at: '2026-11-21T07:00:00Z' } },
};
const COLUMNS = ['Name', 'Severity', 'Type', 'State', 'Since', 'Title'].map((name) => ({
  name,
  type: 'string',
  priority: 0,
}));
const TABLE = {
  kind: 'Table',
  apiVersion: 'meta.k8s.io/v1',
  metadata: { resourceVersion: '' },
  columnDefinitions: COLUMNS,
  rows: [{ cells: ['a', 'major', 'build', 'Active', '3m', 'it failed'], object: ISSUE }],
};

function asTable(request: IncomingMessage): boolean {
  return (request.headers.accept ?? '').includes('as=Table');
}

function tableOrObject(request: IncomingMessage, text: string): unknown {
  return poisoned(asTable(request) ? TABLE : ISSUE, text);
}

function bodyOf(path: string, request: IncomingMessage): unknown {
  const evidence = { failing: { kind: 'TaskRun', name: 'x' }, conditions: [{ type: 'Ready', status: 'False', message: 'no' }], step: 's', exitCode: 1, log: { pod: 'p', container: 'c', lines: ['first', 'second'] }, recordedAt: '2026-11-21T07:00:00Z' }; // biome-ignore format: one object
  const other = { namespace: 'shop', name: 'b', title: 'another' };
  if (path.endsWith('/evidence')) return { kind: 'IssueEvidence', metadata: { name: 'a' }, status: evidence };
  if (path.endsWith('/timeline')) {
    const at = '2026-11-21T07:00:00Z';
    return {
      complete: true,
      events: [
        { at, kind: 'opened', reason: 'x' },
        { at, kind: 'action', actor: 'jane', action: 'comment', comment: 'a word' },
      ],
    };
  }
  if (path.endsWith('/related')) return { cause: other, consequences: [other], related: [{ issue: other }] };
  if (path.endsWith('/search')) return { items: [{ issue: ISSUE, snippet: 'it **failed**' }], match: 'words' };
  if (path.endsWith('/explanations'))
    return { kind: 'Explanation', spec: { kind: 'Pod', name: 'a' }, status: EXPLAINED };
  if (/\/issues\/[^/]+$/.test(path)) return asTable(request) ? TABLE : ISSUE;
  if (/\/issues\/[^/]+\/[^/]+$/.test(path))
    return {
      kind: 'IssueComment',
      metadata: { name: 'a' },
      spec: {},
      status: { assignee: 'jane', snoozedUntil: 'soon' },
    };
  if (path.endsWith('/issues'))
    return asTable(request) ? TABLE : { kind: 'IssueList', metadata: { resourceVersion: '' }, items: [ISSUE] };
  return undefined;
}

const EXPLAINED = {
  resource: { group: '', resource: 'pods', kind: 'Pod', namespaced: true },
  processes: ['controllers-0'],
  silent: ['controllers-1'],
  controllers: [
    {
      controller: 'workloads-pod',
      process: 'controllers-0',
      verdict: 'Failing',
      reason: 'x',
      message: 'because',
      findings: [{ key: 'run', title: 'it failed' }],
    },
  ],
  message: 'one controller knows it',
};
