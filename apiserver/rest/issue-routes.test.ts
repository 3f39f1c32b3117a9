import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Report, ReportBody } from '../../crds/report.ts';
import type { Engine } from '../ingest/index.ts';
import { CALLER, EngineFixture, HEALTHY, HOUR, RED } from '../ingest/testing/engine-fixture.ts';
import { finding, report, SUBJECT } from '../ingest/testing/world.ts';
import type { Authorizer } from '../kube/access/types.ts';
import type { StoredIssue } from '../store/store.ts';
import { sweepOnce } from '../store/sweeper.ts';
import { issueRoutes } from './issue-routes.ts';

/** The routes on a real store. Rights are a list: `get` in a namespace. */
let fixture: EngineFixture;
let engine: Engine;
let server: Server;
let url: string;
let readable: readonly string[];

const authorizer: Authorizer = {
  authorize: (_user, asked) =>
    asked.kind === 'resource' && asked.verb === 'get' && asked.resource === 'issues' && asked.namespace !== undefined
      ? { allowed: readable.includes(asked.namespace) }
      : { allowed: false },
};

beforeAll(async () => {
  fixture = await EngineFixture.open();
  const app = new Koa();
  app.use((ctx, next) => {
    ctx.state.user = { name: 'ann', groups: ['system:authenticated'] };
    return next();
  });
  app.use(issueRoutes({ store: fixture.store, authorizer }));
  server = createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/issues`;
});
beforeEach(async () => {
  await fixture.empty();
  readable = ['team-a', 'team-b'];
  engine = fixture.start();
});
afterAll(async () => {
  server.close();
  await fixture?.[Symbol.asyncDispose]();
});

async function get(path: string): Promise<{ status: number; body: Record<string, never> & { events: object[] } }> {
  const response = await fetch(`${url}/${path}`);
  return { status: response.status, body: (await response.json()) as never };
}

async function fails(completedAgo: number, more: Partial<Report> = {}, body: ReportBody = RED): Promise<StoredIssue> {
  const { results } = await engine.submit(report(fixture.run(completedAgo), body, more), CALLER);
  const issue = results[0]?.decisions?.[0]?.issue;
  if (!issue) throw new Error(`not decided: ${JSON.stringify(results)}`);
  return (await fixture.store.issue(issue.namespace, issue.name)) as StoredIssue;
}

const subject = (name: string, kind: string, namespace = 'team-a', aspect?: string) => ({
  ...{ ...SUBJECT, kind, namespace, name },
  ...(aspect !== undefined && { aspect }),
});
const labelled = (labels: Record<string, string>, type = 'build'): ReportBody => ({
  complete: true,
  findings: [finding('run', { type, labels })],
});
const APPLICATION = { 'faultline.dev/application': 'store' };

test('the timeline has episodes, severities and people in the order of time', async () => {
  const { id, namespace, name } = await fails(5 * HOUR);
  await engine.submit(
    report(fixture.run(4 * HOUR), { complete: true, findings: [finding('run', { severity: 'minor' })] }),
    CALLER,
  );
  await engine.submit(report(fixture.run(3 * HOUR), HEALTHY), CALLER);
  await fails(2 * HOUR);
  await engine.act({ namespace, name, actor: 'bob', what: { action: 'assign', assignee: 'team-web' } });
  await engine.act({ namespace, name, actor: 'ann', what: { action: 'comment' }, comment: 'look\u202eing' });
  await sweepOnce(fixture.store, { escalation: [{ severity: 'major', after: HOUR * 1_000, to: 'critical' }] });
  await engine.act({ namespace, name, actor: 'ann', what: { action: 'resolve' }, auditId: 'audit-1' });
  const { status, body } = await get(`${id}/timeline`);
  expect(status).toBe(200);
  expect(body).toMatchObject({ complete: true, issue: { id, namespace, name, state: 'Resolved', severity: 'major' } });
  expect(body.events).toMatchObject([
    { event: 'opened', episode: 1 },
    {
      event: 'resolved',
      episode: 1,
      reason: 'Recovered',
      severity: 'minor',
      durationSeconds: expect.closeTo(7_200, -1),
    },
    { event: 'reopened', episode: 2 },
    { event: 'severity', from: 'major', to: 'minor' },
    { event: 'assign', actor: 'bob', assignee: 'team-web' },
    { event: 'comment', actor: 'ann', comment: 'looking' },
    { event: 'escalate', from: 'major', to: 'critical' },
    { event: 'resolved', episode: 2, reason: 'Manual', severity: 'critical' },
    { event: 'resolve', actor: 'ann', auditId: 'audit-1' },
  ]);
  const times = body.events.map((event) => (event as { at: string }).at);
  expect(times).toEqual(times.toSorted());
  expect(await get(`${namespace}/${name}/timeline`)).toEqual({ status, body });
});

test('what is forgotten is said', async () => {
  const { id } = await fails(5 * HOUR);
  await engine.submit(report(fixture.run(4 * HOUR), HEALTHY), CALLER);
  await fails(3 * HOUR);
  await fixture.store.database.query('DELETE FROM episodes');
  expect((await get(`${id}/timeline`)).body).toMatchObject({
    ...{ complete: false, events: [{ event: 'reopened', episode: 2 }] },
  });
});

test('the build of a Component is the cause of the release of its Application, and both say so', async () => {
  const build = await fails(5 * HOUR, { subject: subject('web', 'Component') }, labelled(APPLICATION));
  const released = subject('to-prod', 'ReleasePlan', 'team-a', 'managed');
  const release = await fails(2 * HOUR, { subject: released, namespace: 'team-b' }, labelled(APPLICATION, 'release'));
  await fails(HOUR, { subject: subject('other', 'ReleasePlan') }, labelled({ 'faultline.dev/application': 'x' }));
  expect((await get(`${release.id}/related`)).body).toMatchObject({
    ...{ issue: { id: release.id }, cause: { id: build.id, name: build.name }, consequences: [], related: [] },
  });
  expect((await get(`team-a/${build.name}/related`)).body).toMatchObject({
    ...{ cause: null, consequences: [{ id: release.id, namespace: 'team-b', type: 'release' }] },
  });
});

test('links that people made show on both issues, with who and when, and in both timelines', async () => {
  const one = await fails(5 * HOUR);
  const other = await fails(4 * HOUR, { subject: subject('api', 'Component') });
  await fixture.store.relate(one.id, other.id, 'bob');
  const link = { by: 'bob', at: expect.stringMatching(/Z$/) };
  expect((await get(`${one.id}/related`)).body).toMatchObject({ related: [{ ...link, issue: { id: other.id } }] });
  expect((await get(`${other.id}/related`)).body).toMatchObject({ related: [{ ...link, issue: { id: one.id } }] });
  expect((await get(`${one.id}/timeline`)).body.events).toMatchObject([
    { event: 'opened' },
    { event: 'relate', actor: 'bob', issue: { id: other.id, namespace: 'team-a', name: other.name } },
  ]);
});

test('what the caller may not get does not show: neither as cause, nor as consequence, nor as link, nor in the timeline', async () => {
  const build = await fails(5 * HOUR, { subject: subject('web', 'Component') }, labelled(APPLICATION));
  const elsewhere = { subject: subject('to-prod', 'ReleasePlan'), namespace: 'team-b' };
  const release = await fails(2 * HOUR, elsewhere, labelled(APPLICATION, 'release'));
  await fixture.store.relate(build.id, release.id, 'bob');
  readable = ['team-a'];
  const { body } = await get(`${build.id}/related`);
  expect(body).toMatchObject({ cause: null, consequences: [], related: [] });
  const { events } = (await get(`${build.id}/timeline`)).body;
  expect(events[1]).toEqual({ at: expect.any(String), event: 'relate', actor: 'bob' });
  expect(JSON.stringify([body, events])).not.toMatch(new RegExp(`${release.id}|${release.name}|team-b"`));
  readable = ['team-b'];
  expect((await get(`${release.id}/related`)).body).toMatchObject({ cause: null, related: [] });
});

test('another moment than now is refused, not answered with the present', async () => {
  const { id } = await fails(5 * HOUR);
  for (const path of ['timeline', 'related']) expect((await get(`${id}/${path}?asOf=2h`)).status, path).toBe(400);
});

test('by id it is 404 for who may not get it, by name 403 whether it exists or not', async () => {
  const { id, name } = await fails(5 * HOUR);
  const nobody = await get(`${crypto.randomUUID()}/timeline`);
  readable = [];
  for (const path of ['timeline', 'related']) {
    expect(await get(`${id}/${path}`)).toEqual(nobody);
    const [there, missing] = [await get(`team-a/${name}/${path}`), await get(`team-a/nobody/${path}`)];
    expect([nobody.status, there.status, missing.status]).toEqual([404, 403, 403]);
  }
  readable = ['team-a'];
  expect((await get('team-a/nobody/timeline')).status).toBe(404);
  expect((await get('Team_A/nobody/timeline')).status).toBe(404);
  expect((await get('not-an-id/timeline')).status).toBe(404);
});
