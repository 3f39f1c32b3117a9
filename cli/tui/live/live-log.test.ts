import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../../controllers/runtime/clock.ts';
import { ManualClock } from '../../../controllers/testing/manual-clock.ts';
import { type FakeApi, fakeApi } from '../testing/api-server.ts';
import { issueOf, NOW } from '../testing/issues.ts';
import { clusterSource } from './cluster-source.ts';

/** `l`: what was recorded, then the log of the Pod as it is written. */
let api: FakeApi;
let logs: ServerResponse[];
beforeEach(async () => {
  api = await fakeApi([]);
  logs = [];
});
afterEach(() => api[Symbol.asyncDispose]());

const NAME = 'pod-web-mfrggzdf';
const VIEW = { kind: 'evidence', namespace: 'shop', name: NAME, asOf: undefined } as const;
const ISSUE = {
  ...issueOf({ name: NAME }),
  status: { ...issueOf({ name: NAME }).status, observed: { apiVersion: 'v1', kind: 'Pod', name: 'web-1', uid: 'u' } },
};
const LATER = '2026-11-21T10:00:00Z';
const EVIDENCE = `/apis/faultline.dev/v1alpha1/namespaces/shop/issues/${NAME}/evidence`;
const POD_PATH = '/api/v1/namespaces/shop/pods/web-1';
const TERMINATED = { containerStatuses: [{ name: 'app', state: { terminated: { exitCode: 1 } } }] };
const RUNNING = { containerStatuses: [{ name: 'app', state: { running: {} } }] };
const POD = { metadata: { name: 'web-1' }, spec: { containers: [{ name: 'app' }] } };

function answering(more: Readonly<Record<string, object>>): void {
  const answers: Readonly<Record<string, object>> = {
    [`/apis/faultline.dev/v1alpha1/namespaces/shop/issues/${NAME}`]: ISSUE,
    ...more,
  };
  api.answers = (url) => answers[url.pathname];
  api.raw = (url, response) => {
    if (!url.pathname.endsWith('/pods/web-1/log')) return false;
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.flushHeaders();
    logs.push(response);
    return true;
  };
}

/** What is shown, as it becomes more. */
class Reader {
  lines: readonly string[] = [];
  #wake: () => void = () => {};
  readonly tell = (lines: readonly string[]): void => {
    this.lines = lines;
    this.#wake();
  };
  async has(line: string): Promise<void> {
    while (!this.lines.includes(line)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }
}

/** No test waits for a pace. */
const soon: Clock['after'] = (_ms, callback) => {
  const turn = setImmediate(callback);
  return () => clearImmediate(turn);
};

async function source(stop: AbortController, after = soon) {
  const connect = async () => ({ server: api.url, name: 'work', headers: async () => ({}) });
  return await clusterSource({ connect, signal: stop.signal, now: () => NOW, after });
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((next) => setImmediate(next));
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((next) => setImmediate(next));
}

describe('the log of a Pod', () => {
  it('is shown as it is written, below what was recorded, until it ends', async () => {
    const stop = new AbortController();
    answering({
      [POD_PATH]: { ...POD, status: TERMINATED },
      [EVIDENCE]: { status: { recordedAt: 'then', step: 'run' } },
    });
    const reader = new Reader();
    const read = (await source(stop)).document(VIEW, stop.signal, reader.tell);
    await reader.has('Step:      run');
    await until(() => logs.length === 1);
    logs[0]?.write('first\n  second\u001b[2J\nthi');
    await reader.has('  second');
    expect(reader.lines).toContain('Log of web-1 app (as it is written, G follows):');
    expect(reader.lines.join()).not.toContain('thi');
    logs[0]?.end('rd\n');
    expect((await read).slice(-4)).toEqual(['Log of web-1 app (it has ended):', 'first', '  second', 'third']);
    expect(api.asked.at(-2)?.url).toContain('container=app&follow=true&tailLines=500');
  });

  it('is told at most every 150 ms, and as it was last', async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    answering({ [POD_PATH]: { ...POD, status: TERMINATED } });
    const told: (readonly string[])[] = [];
    const at = await source(stop, (ms, callback) => clock.after(ms, callback));
    const read = at.document(VIEW, stop.signal, (lines) => told.push(lines));
    await until(() => logs.length === 1);
    const before = told.length;
    logs[0]?.write('first\n');
    await until(() => told.length > before);
    for (const line of ['second', 'third', 'fourth']) {
      logs[0]?.write(`${line}\n`);
      await turns();
    }
    expect(told.length).toBe(before + 1);
    await clock.advance(150);
    await until(() => told.length === before + 2);
    expect(told.at(-1)?.slice(-4)).toEqual(['first', 'second', 'third', 'fourth']);
    await clock.advance(150);
    logs[0]?.end('fifth');
    expect((await read).at(-1)).toBe('fifth');
    expect(clock.pending).toBe(0);
  });

  it('keeps the newest 2,000 lines and 2 MB of all containers', async () => {
    const { signal } = new AbortController();
    answering({ [POD_PATH]: { ...POD, spec: { containers: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] } } });
    const read = (await source(new AbortController())).document(VIEW, signal);
    await until(() => logs.length === 3);
    expect(api.asked.at(-1)?.url).toContain('tailLines=500');
    logs[0]?.end(Array.from({ length: 3_000 }, (_, index) => `line ${index}\n`).join(''));
    logs[1]?.end(`${'x'.repeat(4_000)}\n`.repeat(300));
    logs[2]?.end(`${'y'.repeat(1_000)}\n`.repeat(700));
    const lines = await read;
    const short = lines.filter((line) => line.startsWith('line '));
    expect([short.length, short[0], short.at(-1)]).toEqual([666, 'line 2334', 'line 2999']);
    expect(lines.filter((line) => line.startsWith('xxx')).length).toBe(166);
    expect(lines.filter((line) => line.startsWith('yyy')).length).toBe(666);
  });

  it('with progress and a line that does not end is lines of at most 4,096 characters', async () => {
    const { signal } = new AbortController();
    answering({ [POD_PATH]: POD });
    const read = (await source(new AbortController())).document(VIEW, signal);
    await until(() => logs.length === 1);
    logs[0]?.write('10%\r20%\r');
    logs[0]?.write('x'.repeat(1_000_000));
    logs[0]?.end('\nend');
    const [ten, twenty, long = '', end] = (await read).slice(-4);
    expect([ten, twenty, long.slice(0, 3), end]).toEqual(['10%', '20%', 'xxx', 'end']);
    expect(long.length).toBeLessThanOrEqual(4_096);
  });

  it.each([
    ['still runs', { [POD_PATH]: { ...POD, status: RUNNING } }, 'the stream ended; ctrl-l reads again'],
    ['terminated', { [POD_PATH]: { ...POD, status: TERMINATED } }, 'it has ended'],
    ['is gone', {}, 'it has ended'],
  ])('that ended says what to do when its container %s', async (_, then, how) => {
    const { signal } = new AbortController();
    answering({ [POD_PATH]: POD });
    const read = (await source(new AbortController())).document(VIEW, signal);
    await until(() => logs.length === 1);
    answering(then);
    logs[0]?.end('last\n');
    expect((await read).slice(-2)).toEqual([`Log of web-1 app (${how}):`, 'last']);
  });

  it('that nobody looks at any more is not read on', async () => {
    const stop = new AbortController();
    answering({ [POD_PATH]: POD });
    const read = (await source(new AbortController())).document(VIEW, stop.signal, () => {});
    await until(() => logs.length === 1);
    let closed = false;
    logs[0]?.once('close', () => {
      closed = true;
    });
    stop.abort();
    await expect(read).rejects.toThrow();
    await until(() => closed);
  });

  it('is said to be gone with its Pod, or not to be readable', async () => {
    const { signal } = new AbortController();
    answering({});
    const at = await source(new AbortController());
    expect(await at.document(VIEW, signal)).toEqual([
      expect.stringMatching(/^No evidence was recorded/),
      '',
      'No live log: there is no Pod of Pod/web-1 here.',
    ]);
    api.refuse = (url) => (url.pathname.includes('/pods') ? { status: 403, message: 'pods is forbidden' } : undefined);
    expect((await at.document(VIEW, signal)).at(-1)).toMatch(/^No live log: .*pods is forbidden/);
  });

  it('of the past is none: only what was recorded is told', async () => {
    answering({ [POD_PATH]: POD });
    const { signal } = new AbortController();
    const lines = await (await source(new AbortController())).document({ ...VIEW, asOf: NOW }, signal);
    expect([lines.length, logs.length]).toEqual([1, 0]);
  });

  it.each([
    ['stored by then', { recordedAt: '2026-11-21T09:00:00.500Z', step: 'run' }, 'Step:      run'],
    [
      'of the object that showed it then',
      { recordedAt: LATER, observed: { kind: 'Pod', uid: 'u' }, step: 'run' },
      'Step:      run',
    ],
    [
      'of another object',
      { recordedAt: LATER, observed: { kind: 'Pod', uid: 'v' } },
      `What there is was recorded later, at ${LATER}.`,
    ],
  ])('of the past is what was recorded when it is %s', async (_, status, line) => {
    answering({ [POD_PATH]: POD, [EVIDENCE]: { status } });
    const { signal } = new AbortController();
    const lines = await (await source(new AbortController())).document({ ...VIEW, asOf: NOW }, signal);
    expect(lines).toContain(line);
    expect(api.asked.at(-1)?.url).toContain('asOf=2026-11-21T09');
    expect(logs.length).toBe(0);
  });
});
