import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClusterApiError } from '../../apiserver/kube/access/index.ts';
import { FakeClusterApi } from '../../apiserver/kube/access/testing/fake-cluster-api.ts';
import { createLog } from '../log.ts';
import { freePort } from '../testing/free-port.ts';
import { recordedOutput } from '../testing/recorded-streams.ts';
import { controllerPages, serveDebug } from './debug-listener.ts';

const log = createLog({ level: 'silent', format: 'json' }, recordedOutput(), {});
const pages = controllerPages({
  inside: () => ({ queues: { pods: [] }, buffered: 2, informers: [] }),
  leadership: () => ({ role: 'standby', leaders: ['pod-1'] }),
  status: () => [],
});

/** The cluster knows the tokens `ada` and `bob`, and lets ada get the paths of /debug. */
function cluster(): FakeClusterApi {
  const api = new FakeClusterApi();
  api.answer = (path, body) => {
    const { spec } = body as { spec: { token?: string; user?: string; nonResourceAttributes?: object } };
    if (path.endsWith('/tokenreviews')) {
      const known = spec.token === 'ada' || spec.token === 'bob';
      return { status: known ? { authenticated: true, user: { username: spec.token, groups: [] } } : {} };
    }
    return { status: { allowed: spec.user === 'ada' } };
  };
  return api;
}

let api: FakeClusterApi;
let port: number;
let served: AsyncDisposable;
beforeEach(async () => {
  [api, port] = [cluster(), await freePort()];
  served = await serveDebug({ address: { host: '127.0.0.1', port }, pages, api, log, now: Date.now });
});
afterEach(() => served[Symbol.asyncDispose]());

async function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers, method });
  return { status: response.status, text: await response.text() };
}
const token = (name: string) => ({ authorization: `Bearer ${name}` });

describe('/debug of the controllers', () => {
  it('tells whoever may get the path', async () => {
    expect(JSON.parse((await get('/debug', token('ada'))).text)).toEqual({
      pages: ['heap', 'process', 'controllers', 'leadership', 'queues', 'reflectors'].map((name) => `/debug/${name}`),
    });
    expect(JSON.parse((await get('/debug/queues', token('ada'))).text)).toEqual({
      queues: { pods: [] },
      bufferedReports: 2,
    });
    expect(JSON.parse((await get('/debug/leadership', token('ada'))).text)).toMatchObject({ leaders: ['pod-1'] });
    expect(api.asked.at(-1)).toMatchObject({
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: { spec: { user: 'ada', nonResourceAttributes: { path: '/debug/leadership', verb: 'get' } } },
    });
  });

  const stranger = [
    ['nobody', {}, 403],
    ['a wrong token', token('eve'), 401],
    ['a user without the right', token('bob'), 403],
    ['a user who says to be another', { ...token('ada'), 'impersonate-user': 'root' }, 403],
    ['headers of a front proxy', { 'x-remote-user': 'ada', 'x-remote-group': 'system:masters' }, 403],
  ] as const;
  it.each(stranger)('%s learns nothing from any page, %o, %i', async (_, headers, status) => {
    for (const path of [
      '/debug',
      ...Object.keys(pages).map((name) => `/debug/${name}`),
      '/debug/nothing',
      '/metrics',
    ]) {
      const answer = await get(path, headers);
      expect([path, answer.status]).toEqual([path, status]);
      expect(JSON.parse(answer.text)).toMatchObject({ kind: 'Status', code: status });
    }
  });

  it('has nothing else, and changes nothing', async () => {
    expect((await get('/metrics', token('ada'))).status).toBe(404);
    expect((await get('/debug/nothing', token('ada'))).status).toBe(404);
    expect((await get('/debug/heap', token('ada'), 'POST')).status).toBe(404);
  });

  it('is closed where the controllers may not ask the cluster who asks', async () => {
    api.answer = () => {
      throw new ClusterApiError('forbidden', 403);
    };
    expect((await get('/debug/heap', token('ada'))).status).toBe(503);
  });

  it('says which flag chooses another port', async () => {
    const again = serveDebug({ address: { host: '127.0.0.1', port }, pages, api, log, now: Date.now });
    await expect(again).rejects.toThrow(/^127\.0\.0\.1:\d+ is taken by another process: .*--debug-listen/);
  });
});
