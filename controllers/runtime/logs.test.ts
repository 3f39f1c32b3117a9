import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../crds/report.ts';
import { createWorld, type WorldOptions } from '../testing/world.ts';
import { folderLogs } from './folder-logs.ts';
import { createKubeClient } from './kube-client.ts';
import { liveLogs } from './live-logs.ts';
import { LOG_BYTES, MAX_LOG_BYTES } from './logs.ts';
import type { ClusterObject } from './object.ts';
import { defineController, type LogTail, type ObjectLike } from './plugin.ts';
import type { LogAnswer } from './source.ts';

/** Failing runs of one component each, which show the end of a log. */
function showing(more: { declared?: boolean; container?: string; tailLines?: number } = {}) {
  const { declared = true, container = 'main', tailLines } = more;
  return defineController<ObjectLike, unknown>({
    ...{ apiVersion: 'controller/v1', order: 'run', onDelete: 'keep', logs: declared },
    watches: { apiVersion: 'example.com/v1', kind: 'Run' },
    async observe({ metadata: { name, namespace = '' } }, read) {
      const log = await read.logs(namespace, `${name}-pod`, container, tailLines === undefined ? {} : { tailLines });
      const finding = { key: 'run', type: 'build', severity: 'major', reason: 'Failed', title: 'it failed' } as const;
      const subject = { apiVersion: 'example.com/v1', kind: 'Component', namespace, name: 'web' };
      const evidence = { exitCode: 1, ...(log && { log: { lines: [...log.lines], cut: log.cut } }) };
      return { subject, completedAt: `2026-11-21T07:00:0${name.at(-1)}Z`, findings: [{ ...finding, evidence }] };
    },
  });
}

const run = (name: string, resourceVersion = '1'): ClusterObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Run',
  metadata: { name, namespace: 'team-a', uid: `uid-${name}`, resourceVersion },
});
const world = (definition = showing(), objects: ClusterObject[] = [], options: WorldOptions = {}) =>
  createWorld(definition, { objects, ...options });
const shown = (reports: Report[]) =>
  reports.map(({ body }) => ('findings' in body ? body.findings[0]?.evidence?.log : undefined));
const log = (...lines: string[]): LogAnswer => ({ text: `${lines.join('\n')}\n`, cut: false });

describe('read.logs', () => {
  it('gives a look the end of a log, which is sent masked', async () => {
    await using w = world();
    await w.settle();
    w.source.answerLogs = () => log('a', 'password=hunter2');
    w.source.apply(run('run-1'));
    await w.settle();
    expect(shown(w.sink.take())).toEqual([{ lines: ['a', 'password=***'] }]);
    expect(w.source.asked).toEqual([
      { namespace: 'team-a', pod: 'run-1-pod', container: 'main', tailLines: 201, maxBytes: 65_536 },
    ]);
  });

  it('gives more to who has to judge by it, within bounds', async () => {
    await using w = world(showing({ tailLines: 1_000_000 }));
    await w.settle();
    w.source.answerLogs = () => log(...Array.from({ length: 300 }, (_, index) => `line ${index}`));
    w.source.apply(run('run-1'));
    await w.settle();
    expect(w.source.asked).toMatchObject([{ tailLines: 5_001, maxBytes: 1_048_576 }]);
    // Evidence takes no more than it did.
    expect(shown(w.sink.take())[0]?.lines).toHaveLength(200);
  });

  it('says whether there was more, and does not give a line that lost its beginning', async () => {
    await using w = world(showing({ tailLines: 2 }));
    await w.settle();
    w.source.answerLogs = () => log('a', 'b', 'c');
    w.source.apply(run('run-1'));
    await w.settle();
    w.source.answerLogs = () => ({ text: 'f a word\nwhole', cut: true });
    w.source.apply(run('run-2'));
    await w.settle();
    expect(shown(w.sink.take())).toEqual([
      { lines: ['b', 'c'], cut: true },
      { lines: ['whole'], cut: true },
    ]);
  });

  it('reads none for the looks of a first list; what was sent of it is looked at again', async () => {
    await using w = world(showing(), [run('run-1'), run('run-2'), run('run-3')], {
      prepare: (source) => {
        source.answerLogs = () => log('late');
      },
    });
    await w.settle();
    const reports = w.sink.take();
    expect(shown(reports)).toEqual([undefined, undefined, undefined, { lines: ['late'] }]);
    expect(reports.at(-1)?.observed?.name).toBe('run-3');
    expect(w.source.asked).toHaveLength(1);
  });

  it.each<[string, LogAnswer | Error]>([
    ['pruned', { missing: 'NotFound' }],
    ['forbidden', { missing: 'Forbidden' }],
    ['not answered', new Error('ECONNRESET')],
  ])('that are %s are no failed look: the evidence comes without', async (_what, answer) => {
    await using w = world();
    await w.settle();
    w.source.answerLogs = async () => {
      if (answer instanceof Error) throw answer;
      return answer;
    };
    w.source.apply(run('run-1'));
    await w.settle();
    expect(shown(w.sink.take())).toEqual([undefined]);
    expect(w.controller.status().counts.failed).toBe(0);
  });

  it('that do not come within 5 s are none', async () => {
    await using w = world();
    await w.settle();
    w.source.answerLogs = () => new Promise(() => {});
    w.source.apply(run('run-1'));
    await w.settle();
    expect(w.sink.reports).toHaveLength(0);
    await w.clock.advance(5_000);
    await w.settle();
    expect(shown(w.sink.take())).toEqual([undefined]);
  });

  it('that may not be read are asked for again after 5 minutes, not at each look', async () => {
    await using w = world();
    await w.settle();
    w.source.answerLogs = () => ({ missing: 'Forbidden' });
    for (const name of ['run-1', 'run-2', 'run-3']) w.source.apply(run(name));
    await w.settle();
    const before = w.source.asked.length;
    w.source.apply(run('run-4'));
    await w.settle();
    expect(w.source.asked).toHaveLength(before);
    await w.clock.advance(300_000);
    w.source.apply(run('run-5'));
    await w.settle();
    expect(w.source.asked).toHaveLength(before + 1);
  });

  it('asks nobody for what cannot be a name: names become paths', async () => {
    await using w = world(showing({ container: '../../secrets' }));
    await w.settle();
    w.source.apply(run('run-1'));
    await w.settle();
    expect(shown(w.sink.take())).toEqual([undefined]);
    expect(w.source.asked).toEqual([]);
  });

  it('must be declared', async () => {
    await using w = world(showing({ declared: false }));
    await w.settle();
    w.source.apply(run('run-1'));
    await w.settle();
    expect(w.sink.reports).toEqual([]);
    expect(w.controller.status().counts.failed).toBe(1);
  });
});

describe('the log of a container in a cluster', () => {
  async function ask(status: number, body: string, maxBytes = LOG_BYTES): Promise<{ answer: LogAnswer; url: string }> {
    let url = '';
    const server = createServer((request, response) => {
      url = request.url ?? '';
      response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await using client = createKubeClient({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    const request = { namespace: 'n', pod: 'p', container: 'step-a', tailLines: 5, maxBytes };
    const answer = await liveLogs(client, request, AbortSignal.timeout(10_000));
    server.close();
    return { answer, url };
  }

  it('is asked for by lines, of one container', async () => {
    const { answer, url } = await ask(200, 'a\nb\n');
    expect(answer).toEqual({ text: 'a\nb\n', cut: false });
    expect(url).toBe('/api/v1/namespaces/n/pods/p/log?container=step-a&tailLines=5&limitBytes=1048576');
  });

  it('may be long where that is wanted; a server limits from its first line', async () => {
    const { answer, url } = await ask(200, 'x'.repeat(LOG_BYTES * 3), MAX_LOG_BYTES);
    expect(url).toContain('limitBytes=8388608');
    expect(answer).toMatchObject({ text: 'x'.repeat(LOG_BYTES * 3), cut: false });
  });

  it('that is longer than is kept loses its beginning', async () => {
    const { answer } = await ask(200, `${'x'.repeat(LOG_BYTES * 3)}end`);
    expect(answer).toEqual({ text: expect.stringMatching(/^x+end$/), cut: true });
    expect('text' in answer && answer.text.length).toBe(LOG_BYTES);
  });

  it.each([
    [403, 'Forbidden'],
    [404, 'NotFound'],
    [400, 'NotFound'],
    [500, 'Failed'],
  ])('%i is %s', async (status, missing) => expect((await ask(status, '{}')).answer).toEqual({ missing }));
});

describe('the log of a container in a folder', () => {
  it.each([
    ['beside the objects', ['p.step-a.log']],
    ['in the folder of the namespace', ['n', 'p.step-a.log']],
    ['where must-gather puts it', ['namespaces', 'n', 'pods', 'p', 'step-a', 'step-a', 'logs', 'current.log']],
    [
      'below the image of must-gather',
      ['quay-io-x', ...'namespaces/n/pods/p/step-a/step-a/logs/current.log'.split('/')],
    ],
  ])('is found %s', async (_where, path) => {
    const folder = await mkdtemp(join(tmpdir(), 'faultline-logs-'));
    const request = { namespace: 'n', pod: 'p', container: 'step-a', tailLines: 5, maxBytes: LOG_BYTES };
    expect(await folderLogs(folder, request)).toEqual({ missing: 'NotFound' });
    await mkdir(join(folder, ...path.slice(0, -1)), { recursive: true });
    await writeFile(join(folder, ...path), `${'y'.repeat(LOG_BYTES)}end\n`);
    const found = (await folderLogs(folder, request)) as LogTail & { text: string };
    expect([found.text.length, found.text.slice(-5), found.cut]).toEqual([LOG_BYTES, 'yend\n', true]);
    await rm(folder, { recursive: true });
  });
});
