import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CoreEvent } from '../../apiserver/events/index.ts';
import { createClusterApi } from '../../apiserver/kube/access/index.ts';
import { clusterEvents } from '../../cli/backend/cluster-events.ts';
import { embedded, type Installation, install } from './installation.ts';
import { at, createRun } from './pipelineruns.ts';

/** Events as kubectl shows them, written by the installed server into a real cluster (aggregated-api X10). */
let faultline: Installation;
beforeAll(async () => {
  faultline = await install({ namespaces: ['shop', 'restart', 'replicas', 'rights', 'quiet', 'going'] });
});
afterAll(async () => faultline?.[Symbol.asyncDispose]());

const run = (namespace: string, component: string, n: number, succeeded: boolean, seconds = n): Promise<void> =>
  createRun(faultline.plane, { name: `${component}-${n}`, namespace, component }, {
    succeeded,
    at: at(seconds),
  } as Parameters<typeof createRun>[2]);

async function events(namespace: string): Promise<CoreEvent[]> {
  const { body } = await faultline.plane.request(`/api/v1/namespaces/${namespace}/events`);
  return (JSON.parse(body) as { items: CoreEvent[] }).items.filter(({ source }) => source.component === 'faultline');
}

const line = ({ type, reason, involvedObject, count }: CoreEvent): string =>
  `${type} ${reason} ${involvedObject.kind}/${involvedObject.name} x${count}`;

async function untilEvents(namespace: string, done: (lines: string[]) => boolean, ms = 20_000): Promise<string[]> {
  const deadline = Date.now() + ms;
  for (;;) {
    const lines = (await events(namespace)).map(line).sort();
    if (done(lines)) return lines;
    if (Date.now() > deadline) throw new Error(`the Events are ${lines.join(', ')}\n${await faultline.logs()}`);
    await sleep(100);
  }
}

const kubectl = async (...args: string[]): Promise<string> => {
  const { stdout, stderr, code } = await faultline.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
};

test('X10 kubectl describe shows on the issue and on the run what happened, and kubectl events --for finds it', async () => {
  await run('shop', 'payments', 1, false);
  const [issue] = await faultline.until('shop', (issues) => issues.length === 1);
  const name = issue?.metadata.name as string;
  await untilEvents('shop', (lines) => lines.length === 2);
  await run('shop', 'payments', 2, true);
  await untilEvents('shop', (lines) => lines.length === 4);
  await run('shop', 'payments', 3, false);
  expect(await untilEvents('shop', (lines) => lines.length === 6)).toEqual(
    [
      `Normal IssueResolved Issue/${name} x1`,
      // The run that showed it last: the one that healed it shows nothing.
      'Normal IssueResolved PipelineRun/payments-1 x1',
      `Warning IssueOpened Issue/${name} x1`,
      'Warning IssueOpened PipelineRun/payments-1 x1',
      `Warning IssueReopened Issue/${name} x1`,
      'Warning IssueReopened PipelineRun/payments-3 x1',
    ].sort(),
  );

  const described = await kubectl('describe', 'issue', name, '-n', 'shop');
  expect(described).toMatch(/Warning\s+IssueOpened\s+\S+\s+faultline\s+\S/);
  expect(described).toMatch(/Normal\s+IssueResolved\s+\S+\s+faultline\s+Recovered: /);
  expect(await kubectl('describe', 'pipelinerun', 'payments-1', '-n', 'shop')).toMatch(
    new RegExp(`Warning\\s+IssueOpened\\s+\\S+\\s+faultline\\s+issue ${name}: `),
  );
  const found = await kubectl('events', '--for', `issue/${name}`, '-n', 'shop');
  expect(found).toMatch(/IssueOpened[\s\S]*IssueResolved[\s\S]*IssueReopened/);
  expect(found).not.toContain('pipelinerun');
  expect(await kubectl('events', '--for', 'pipelinerun/payments-3', '-n', 'shop')).toContain('IssueReopened');
  expect(await kubectl('get', 'events', '-n', 'shop', '--field-selector=type=Warning', '--no-headers')).toMatch(
    /IssueOpened/,
  );
});

test('X10 the same Event about one object raises a count', async () => {
  // The title of a run does not name the run: resolving twice says the same about the issue.
  for (const [n, succeeded] of [false, true, false, true].entries()) {
    await run('quiet', 'flapping', n, succeeded);
    await faultline.until('quiet', (issues) => issues[0]?.status.state === (succeeded ? 'Resolved' : 'Active'));
    await untilEvents('quiet', (lines) => lines.length >= 2 * n && lines.length > 0);
  }
  const lines = await untilEvents('quiet', (all) => all.some((each) => / Issue\/.* x2$/.test(each)));
  expect(lines.filter((each) => each.startsWith('Normal IssueResolved Issue/'))).toHaveLength(1);
});

test('X10 a restart writes nothing again, and what happened meanwhile afterwards', async () => {
  await run('restart', 'before', 1, false);
  const before = await untilEvents('restart', (lines) => lines.length === 2);
  await faultline.stopServer('SIGKILL');
  await run('restart', 'meanwhile', 1, false);
  await faultline.startServer();
  const after = await untilEvents('restart', (lines) => lines.length >= 4, 60_000);
  expect(after).toHaveLength(4);
  expect(after).toEqual(expect.arrayContaining(before));
});

test.skipIf(embedded)('X10 of two replicas one writes, and the other goes on when it is killed', async () => {
  await using replica = (await faultline.startReplica()).child;
  for (const component of ['a', 'b', 'c']) await run('replicas', component, 1, false);
  await faultline.until('replicas', (issues) => issues.length === 3);
  expect(await untilEvents('replicas', (lines) => lines.length >= 6)).toHaveLength(6);
  await faultline.stopServer('SIGKILL');
  await faultline.startServer();
  await run('replicas', 'd', 1, false);
  const all = await untilEvents('replicas', (lines) => lines.length >= 8, 60_000);
  expect(all).toHaveLength(8);
  expect(all.every((each) => each.endsWith(' x1'))).toBe(true);
  expect(replica.ended).toBeUndefined();
});

test('X10 without the right to write Events reports go on, and the log says it once', async () => {
  const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles/faultline-server';
  const rules = async (body: object) =>
    faultline.plane.request(path, {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body,
    });
  const role = JSON.parse((await faultline.plane.request(path)).body) as { rules: { resources: string[] }[] };
  await rules({ rules: role.rules.filter(({ resources }) => !resources.includes('events')) });
  for (const component of ['a', 'b', 'c', 'd']) await run('rights', component, 1, false);
  await faultline.until('rights', (issues) => issues.length === 4);
  const told = async () =>
    (await readFile(join(faultline.dir, 'server.log'), 'utf8')).match(/an Event cannot be written/g)?.length ?? 0;
  for (const deadline = Date.now() + 20_000; (await told()) === 0 && Date.now() < deadline; ) await sleep(100);
  await rules({ rules: role.rules });
  await run('rights', 'after', 1, false);
  await untilEvents('rights', (lines) => lines.some((each) => each.includes('PipelineRun/after-1')), 30_000);
  expect(await told()).toBe(1);
});

describe('X10 what a real cluster says to a write', () => {
  const signal = new AbortController().signal;
  const event = (namespace: string, name = 'probe.1'): CoreEvent => ({
    ...{ apiVersion: 'v1', kind: 'Event', metadata: { name, namespace }, type: 'Warning', reason: 'IssueOpened' },
    involvedObject: { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'probe' },
    ...{ action: 'Open', message: 'a probe', count: 1, source: { component: 'faultline' } },
    ...{ firstTimestamp: '2026-11-21T10:00:00Z', lastTimestamp: '2026-11-21T10:00:00Z' },
    ...{ reportingComponent: 'faultline.dev/server', reportingInstance: 'test' },
  });
  const connect = () => {
    const { url: server, caPem: ca, admin } = faultline.plane;
    return createClusterApi({ server, ca, cert: admin.certificatePem, key: admin.keyPem });
  };

  test('a namespace that goes, none at all, one that exists already, and one that is not valid are told apart', async () => {
    await using api = connect();
    const writer = clusterEvents(api);
    expect((await writer.create(event('nowhere'), signal)).outcome).toBe('missing');
    // Nobody finishes deletions in this cluster: it stays terminating.
    await faultline.plane.request('/api/v1/namespaces/going', { method: 'DELETE' });
    expect((await writer.create(event('going'), signal)).outcome).toBe('terminating');
    expect((await writer.create(event('shop'), signal)).outcome).toBe('written');
    expect((await writer.create(event('shop'), signal)).outcome).toBe('written');
    const change = { count: 7, lastTimestamp: '2026-11-21T10:05:00Z' };
    expect((await writer.repeat({ namespace: 'shop', name: 'probe.1' }, change, signal)).outcome).toBe('written');
    expect((await writer.repeat({ namespace: 'shop', name: 'probe.2' }, change, signal)).outcome).toBe('missing');
    const elsewhere = { ...event('shop', 'probe.3'), involvedObject: { ...event('other').involvedObject } };
    expect(await writer.create(elsewhere, signal)).toMatchObject({ outcome: 'refused', status: 422 });
    const stored = (await events('shop')).filter(({ metadata }) => metadata.name.startsWith('probe'));
    expect(stored).toMatchObject([{ ...change, firstTimestamp: '2026-11-21T10:00:00Z' }]);
  });
});

test('X10 events: {enabled: false} writes none', async () => {
  await faultline.stopServer();
  await faultline.configureServer(
    'apiVersion: config.faultline.dev/v1alpha1\nkind: FaultlineConfiguration\nevents: {enabled: false}\n',
  );
  await faultline.startServer();
  await run('quiet', 'silent', 1, false);
  await faultline.until('quiet', (issues) => issues.some(({ spec }) => spec.subject.name === 'silent'));
  await faultline.stopServer();
  await faultline.configureServer(
    'apiVersion: config.faultline.dev/v1alpha1\nkind: FaultlineConfiguration\nevents: {minimumSeverity: info}\n',
  );
  await faultline.startServer();
  await run('quiet', 'loud', 1, false);
  // Whoever follows goes on where the last one stopped: what happened while it was off is news for ten minutes.
  const lines = await untilEvents('quiet', (all) => all.some((each) => each.includes('PipelineRun/loud-1')), 30_000);
  expect(lines.some((each) => each.includes('PipelineRun/silent-1'))).toBe(true);
});
