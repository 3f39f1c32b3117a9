import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Asker } from '../reading/ask.ts';
import { deliver } from './deliver.ts';
import { type Outgoing, type Sent, senderFor } from './send-reports.ts';

/** What is sent to a server, and what its answers mean: one that is asked directly, and one behind kube-apiserver. */
type Answer = { readonly status: number; readonly body?: object; readonly headers?: Record<string, string> };
let gitVersion: string;
let answer: (path: string, body: never) => Answer | Promise<Answer>;
let asked: string[];
let url: string;
const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
  const path = request.url ?? '';
  asked.push(path);
  const body = request.method === 'POST' ? await json(request) : undefined;
  const said = path === '/version' ? { status: 200, body: { gitVersion } } : await answer(path, body as never);
  response.writeHead(said.status, { 'content-type': 'application/json', ...said.headers });
  response.end(JSON.stringify(said.body ?? {}));
});
beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  asked = [];
});
afterAll(() => void server.close());

const report = (name: string, spec: object = {}): Outgoing => ({
  ...{ where: name, namespace: 'shop', spec: { source: 'ci', subject: { kind: 'Job', name }, ...spec } },
});

async function send(reports: readonly Outgoing[], dryRun = false): Promise<Sent> {
  await using asker = new Asker({ server: url, name: 'it', headers: async () => ({}) }, new AbortController().signal);
  return await (await senderFor(asker, reports.length, dryRun))(reports, () => {});
}

const status = (code: number, message: string, more: object = {}) => ({
  ...{ status: code, body: { kind: 'Status', apiVersion: 'v1', code, message, ...more } },
});
const refusedFor = (message: string) => ({ kind: 'refused', message });

describe('to Faultline itself', () => {
  beforeEach(() => {
    gitVersion = 'v1.34.0+faultline.0.1.0';
  });

  it('reports go in one request, and are answered by index', async () => {
    const decisions = [{ key: 'run', cell: '3A' }];
    answer = (path, body: readonly object[]) => {
      expect([path, body.length, body[4]]).toEqual(['/api/v1/reports', 7, { ...report('e').spec, namespace: 'shop' }]);
      const details = [{ path: '[1].body.findings[0].severity', message: 'must be one of critical', value: 'medium' }];
      const results = [
        { index: 3, status: 429, error: 'this source reports too much', retryAfterSeconds: 7 },
        { index: 0, status: 200, decisions },
        { index: 1, status: 422, error: 'invalid', details },
        { index: 2, status: 403, error: 'you may not' },
        { index: 4, status: 503, error: 'the database is away' },
        { index: 5, status: 429, error: 'too many issues: 1000 of ci are Active here' },
      ];
      return { status: 200, body: { results, resourceVersion: '9' } };
    };
    const { outcomes, fault } = await send('abcdefg'.split('').map((name) => report(name)));
    expect(fault).toBeUndefined();
    expect(outcomes).toEqual([
      { kind: 'taken', decisions, resourceVersion: '9' },
      refusedFor('body.findings[0].severity: "medium": must be one of critical'),
      refusedFor('you may not'),
      { kind: 'busy', message: 'this source reports too much', afterMs: 7_000 },
      { kind: 'busy', message: 'the database is away', afterMs: 1_000 },
      refusedFor('too many issues: 1000 of ci are Active here'),
      { kind: 'busy', message: 'the server does not say what became of it', afterMs: 1_000 },
    ]);
  });

  it('about one subject are in one request each: what is sent again never comes behind what is newer', async () => {
    const requests: string[][] = [];
    const stored = new Map<string, string>();
    answer = (_, body: readonly { subject: { name: string }; says: string }[]) => {
      requests.push(body.map(({ subject, says }) => `${subject.name} ${says}`));
      // The commit of the first report of the first request takes too long.
      const results = body.map(({ subject, says }, index) => {
        if (requests.length === 1 && index === 0) return { index, status: 503, error: 'the database is slow' };
        stored.set(subject.name, says);
        return { index, status: 200, decisions: [] };
      });
      return { status: 200, body: { results, resourceVersion: String(requests.length) } };
    };
    const reports = [
      ...[report('x', { says: 'fail' }), report('y', { says: 'fail' }), report('x', { says: 'pass' })],
      ...[report('z', { says: 'fail' }), report('x', { source: 'other', says: 'pass' })],
    ];
    await using asker = new Asker({ server: url, name: 'it', headers: async () => ({}) }, new AbortController().signal);
    const told = { taken() {}, refused() {}, note() {}, progress() {} };
    const patience = { wait: async () => {}, signal: new AbortController().signal, random: () => 0 };
    await deliver(reports, await senderFor(asker, reports.length, false), told, patience);
    expect(stored.get('x')).toBe('pass');
    expect(requests).toEqual([['x fail', 'y fail'], ['x fail'], ['x pass', 'z fail', 'x pass']]);
  });

  it('all of them wait when the server says so, and only then', async () => {
    const reports = [report('a'), report('b')];
    answer = () => ({ status: 429, body: { error: 'too many reports are waiting' }, headers: { 'retry-after': '3' } });
    expect((await send(reports)).outcomes).toMatchObject([{ kind: 'busy', afterMs: 3_000 }, { kind: 'busy' }]);
    answer = () => ({ status: 429, body: { error: 'too many issues: of ci' }, headers: { 'retry-after': '60' } });
    expect((await send(reports)).outcomes).toMatchObject([{ kind: 'refused' }, { kind: 'refused' }]);
    answer = () => ({ status: 503, body: { error: 'away' } });
    expect(await send(reports)).toMatchObject({
      outcomes: [{ kind: 'unsent' }, { kind: 'unsent' }],
      fault: { status: 503 },
    });
  });
});

describe('to kube-apiserver', () => {
  beforeEach(() => {
    gitVersion = 'v1.34.4';
  });

  it('each is an IssueReport, several at once, those about one subject one after the other', async () => {
    let [underWay, most] = [0, 0];
    const order: number[] = [];
    answer = async (path, { spec }: { spec: { subject: { name: string }; index: number } }) => {
      expect(path).toBe('/apis/faultline.dev/v1alpha1/namespaces/shop/issuereports');
      most = Math.max(most, ++underWay);
      if (spec.subject.name === 'one') order.push(spec.index);
      await new Promise((resolve) => setImmediate(resolve));
      underWay--;
      return { status: 201, body: { status: { decisions: [], resourceVersion: String(spec.index) } } };
    };
    const reports = Array.from({ length: 100 }, (_, index) =>
      report(index % 3 === 0 ? 'one' : String(index), { index }),
    );
    const { outcomes } = await send(reports);
    expect(outcomes).toEqual(
      reports.map((_, index) => ({ kind: 'taken', decisions: [], resourceVersion: String(index) })),
    );
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect([most > 1, most <= 16]).toEqual([true, true]);
    expect(asked.filter((path) => path === '/api/v1/reports')).toEqual([]);
  });

  it('what one is refused for is its own; what is about none of them stops the others', async () => {
    answer = (_, { spec }: { spec: { subject: { name: string } } }) =>
      spec.subject.name === 'bad' ? status(422, 'it is invalid') : { status: 201, body: {} };
    const reports = [report('a'), report('bad'), report('b')];
    expect((await send(reports)).outcomes.map(({ kind }) => kind)).toEqual(['taken', 'refused', 'taken']);
    answer = () => status(401, 'Unauthorized');
    expect(await send(reports)).toMatchObject({
      outcomes: reports.map(() => ({ kind: 'unsent' })),
      fault: { status: 401 },
    });
    answer = () => status(404, 'the server could not find the requested resource');
    expect(await send(reports)).toMatchObject({ fault: { status: 404 } });
    answer = () => status(404, 'namespaces "shop" not found', { details: { name: 'shop', kind: 'namespaces' } });
    expect((await send(reports)).outcomes.map(({ kind }) => kind)).toEqual(reports.map(() => 'refused'));
  });

  it('what is busy stops them, so that those that follow do not overtake it', async () => {
    answer = () => ({ ...status(429, 'too many requests'), headers: { 'retry-after': '1' } });
    const { outcomes, fault } = await send([report('a', { n: 1 }), report('a', { n: 2 }), report('a', { n: 3 })]);
    expect([outcomes.map(({ kind }) => kind), fault]).toEqual([['busy', 'unsent', 'unsent'], undefined]);
    expect(asked.filter((path) => path !== '/version')).toHaveLength(1);
  });
});

it('whether they would be taken is asked one by one, wherever: the answer of many has no place for it', async () => {
  gitVersion = 'v1.34.0+faultline.0.1.0';
  answer = () => ({ status: 201, body: {} });
  await send([report('a'), report('b')], true);
  expect(asked).toEqual(Array(2).fill('/apis/faultline.dev/v1alpha1/namespaces/shop/issuereports?dryRun=All'));
});
