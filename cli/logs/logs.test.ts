import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startCommand } from '../testing/running-command.ts';

/** Logs from the Pods of a cluster, as its API server answers. */
let directory: string;
let answers: Record<string, object | string>;
let asked: string[];
const hanging: ServerResponse[] = [];
const server = createServer((request, response) => {
  const url = decodeURIComponent(request.url ?? '');
  asked.push(url);
  const [path = ''] = url.split('?');
  const found = answers[url] ?? answers[path];
  if (found === undefined) {
    const name = path.split('/').at(-1);
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ kind: 'Status', reason: 'NotFound', message: `${path} not found`, details: { name } }),
    );
  } else if (typeof found !== 'string') response.end(JSON.stringify(found));
  else if (url.includes('follow=true')) {
    response.write(found);
    hanging.push(response);
  } else response.end(found);
});

const API = '/apis/faultline.dev/v1alpha1/namespaces/shop/issues/a';
const PODS = '/api/v1/namespaces/shop/pods';
const issue = (kind: string, name: string) => ({
  ...{ kind: 'Issue', apiVersion: 'faultline.dev/v1alpha1', metadata: { name: 'a', namespace: 'shop' } },
  spec: { title: 'It broke', subject: { kind, name } },
  status: { state: 'Active', openedAt: '2026-11-20T10:00:00Z', observed: { apiVersion: 'x/v1', kind, name, uid: 'u' } },
});
const pod = (name: string, exitCodes: Record<string, number>, creationTimestamp = '2026-11-20T10:00:00Z') => ({
  metadata: { name, creationTimestamp },
  spec: { containers: Object.keys(exitCodes).map((container) => ({ name: container })) },
  status: {
    containerStatuses: Object.entries(exitCodes).map(([container, exitCode]) => ({
      ...{ name: container, state: { terminated: { exitCode } } },
    })),
  },
});

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-logs-'));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = {
    'current-context': 'work',
    clusters: [{ name: 'c', cluster: { server: url } }],
    contexts: [{ name: 'work', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
  };
  await writeFile(join(directory, 'config'), JSON.stringify(config));
});
beforeEach(() => {
  asked = [];
  answers = {};
});
afterAll(async () => {
  for (const response of hanging) response.destroy();
  server.close();
  await rm(directory, { recursive: true, force: true });
});

const start = (...argv: string[]) =>
  startCommand(['logs', 'a', ...argv], { directory, env: { KUBECONFIG: 'config', HOME: directory } });
async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const command = start(...argv);
  const code = await command.exitCode;
  return { code, out: command.out.text(), err: command.err.text() };
}

describe('faultline logs from a Pod', () => {
  it('reads that of the Pod whose log was recorded, in the container that failed', async () => {
    answers = {
      [API]: issue('PipelineRun', 'build-1'),
      [`${API}/evidence`]: { status: { recordedAt: 'then', log: { pod: 'p', container: 'step', lines: ['old'] } } },
      [`${PODS}/p`]: pod('p', { step: 1, other: 0 }),
      [`${PODS}/p/log?container=step&tailLines=200`]: 'new\u001b[2J\nlast',
    };
    expect(await run('--live')).toEqual({ code: 0, out: 'new\nlast\n', err: '' });
    expect(await run()).toEqual({ code: 0, out: 'old\n', err: 'Recorded at then from p step\n' });
  });

  it('finds the Pods of a workload by its selector, the newest that failed, and each container that did', async () => {
    const labelled = `${PODS}?labelSelector=app=web,tier=front`;
    answers = {
      [API]: issue('Deployment', 'web'),
      '/apis/apps/v1/namespaces/shop/deployments/web': {
        spec: { selector: { matchLabels: { app: 'web', tier: 'front' } } },
      },
      [labelled]: {
        items: [
          pod('older', { app: 1, sidecar: 1 }),
          pod('newer', { app: 1, sidecar: 2 }, '2026-11-21T10:00:00Z'),
          pod('newest', { app: 0 }, '2026-11-21T11:00:00Z'),
        ],
      },
      [`${PODS}/newer/log?container=app&tailLines=10`]: 'one\n',
      [`${PODS}/newer/log?container=sidecar&tailLines=10`]: 'two\n',
    };
    expect((await run('--tail', '10')).out).toBe('==> newer app <==\none\n==> newer sidecar <==\ntwo\n');
    answers[`${PODS}/newer/log?container=app`] = 'all\n';
    expect((await run('-c', 'app', '--tail', '-1')).out).toBe('all\n');
  });

  it.each([
    ['PipelineRun', 'tekton.dev/pipelineRun'],
    ['TaskRun', 'tekton.dev/taskRun'],
    ['Job', 'batch.kubernetes.io/job-name'],
  ])('finds the Pods of a %s by their label', async (kind, label) => {
    answers = {
      [API]: issue(kind, 'x'),
      [`${PODS}?labelSelector=${label}=x`]: { items: [pod('p', { c: 0 })] },
      [`${PODS}/p/log`]: 'it\n',
    };
    expect((await run()).out).toBe('it\n');
  });

  it('follows until it is stopped', async () => {
    answers = { [API]: issue('Pod', 'p'), [`${PODS}/p`]: pod('p', { c: 0 }), [`${PODS}/p/log`]: 'first\nsecond\n' };
    const following = start('-f');
    await following.printed('second');
    expect(asked.at(-1)).toContain('follow=true');
    expect([await following.stop(), following.out.text(), following.err.text()]).toEqual([0, 'first\nsecond\n', '']);
  });

  it('takes a line that does not end, of which it keeps the beginning', async () => {
    const endless = 'x'.repeat(3_000_000);
    answers = { [API]: issue('Pod', 'p'), [`${PODS}/p`]: pod('p', { c: 0 }), [`${PODS}/p/log`]: `${endless}\nnext` };
    const [first = '', ...others] = (await run()).out.split('\n');
    expect([first.length, first.endsWith('x…'), others]).toEqual([expect.any(Number), true, ['next', '']]);
    expect(first.length).toBeLessThanOrEqual(1_000_000);
  });

  it('says in one line that there is none, and why', async () => {
    answers = { [API]: issue('Pod', 'p') };
    expect((await run()).err).toBe('error: no log was recorded, and there is no Pod of Pod/p here\n');
    expect((await run('--live')).err).toBe(
      'error: there is no Pod of Pod/p here: leave out --live to see what was recorded\n',
    );
    expect((await run('--tail', 'x')).code).toBe(2);
  });
});
