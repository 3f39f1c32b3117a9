import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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

async function source(stop: AbortController) {
  const connect = async () => ({ server: api.url, name: 'work', headers: async () => ({}) });
  return await clusterSource({ connect, signal: stop.signal, now: () => NOW });
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((next) => setImmediate(next));
}

describe('the log of a Pod', () => {
  it('is shown as it is written, below what was recorded, until it ends', async () => {
    const stop = new AbortController();
    answering({
      '/api/v1/namespaces/shop/pods/web-1': POD,
      [`/apis/faultline.dev/v1alpha1/namespaces/shop/issues/${NAME}/evidence`]: {
        status: { recordedAt: 'then', step: 'run' },
      },
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
    expect(api.asked.at(-1)?.url).toContain('container=app&follow=true&tailLines=500');
  });

  it('that nobody looks at any more is not read on', async () => {
    const stop = new AbortController();
    answering({ '/api/v1/namespaces/shop/pods/web-1': POD });
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
    answering({ '/api/v1/namespaces/shop/pods/web-1': POD });
    const { signal } = new AbortController();
    const lines = await (await source(new AbortController())).document({ ...VIEW, asOf: NOW }, signal);
    expect([lines.length, logs.length]).toEqual([1, 0]);
  });
});
