import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sweepOnce } from '../../apiserver/store/sweeper.ts';
import type { Report } from '../../crds/report.ts';
import { type Answer, KITE_USER, KiteWorld } from './world.ts';

/** What Kite's clients rely on beyond one conversation: the operator, the Konflux UI, MintMaker, external CI. */

let world: KiteWorld;
let count = 0;
/** Of its own for each test. */
let team = '';
beforeAll(async () => {
  world = await KiteWorld.open();
});
afterAll(() => world[Symbol.asyncDispose]());

function newTeam(): string {
  team = `team-${++count}`;
  return team;
}
const at = (path: string): string => `/api/v1/${path}${path.includes('?') ? '&' : '?'}namespace=${team}`;
const get = async (path: string): Promise<Answer['body']> => (await world.ask('GET', at(path))).body;
const fail = (pipelineName: string, more: object = {}): Promise<Answer> =>
  world.ask('POST', at('webhooks/pipeline-failure'), {
    ...{ pipelineName, namespace: team, failureReason: 'exit code 1', ...more },
  });
const succeed = (pipelineName: string): Promise<Answer> =>
  world.ask('POST', at('webhooks/pipeline-success'), { pipelineName, namespace: team });
const titles = ({ data }: Answer['body']): string[] => data.map(({ title }: { title: string }) => title);

describe('reports of the source kite', () => {
  test('a failure that comes again after it was resolved opens the same issue again', async () => {
    newTeam();
    const first = await fail('web');
    await succeed('web');
    const again = await fail('web');
    expect(again.body.issue).toMatchObject({ id: first.body.issue.id, state: 'ACTIVE', resolvedAt: null });
    expect(await get('issues?state=ACTIVE')).toMatchObject({ total: 1 });
  });

  test('16 clients that say the same of 5 pipelines at once make 5 issues', async () => {
    newTeam();
    const calls = Array.from({ length: 80 }, (_, index) => fail(`pipeline-${index % 5}`, { runId: `run-${index}` }));
    const statuses = new Set((await Promise.all(calls)).map(({ status }) => status));
    expect(statuses).toEqual(new Set([201]));
    expect((await get('issues?state=ACTIVE&limit=1')).total).toBe(5);
    expect((await get('issues?limit=1')).total).toBe(5);
  });

  test('medium, which Kite’s operator sends and Kite does not have, is minor, and the log says so', async () => {
    newTeam();
    expect((await fail('web', { severity: 'medium' })).body.issue.severity).toBe('minor');
    expect(world.logged).toContainEqual({ fields: { from: 'medium', to: 'minor' }, message: expect.any(String) });
    expect((await get('issues?severity=medium&state=ACTIVE')).total).toBe(1);
    expect(await fail('web', { severity: 'urgent' })).toMatchObject({
      ...{ status: 400, body: { error: 'Validation failed', details: 'invalid severity value' } },
    });
  });

  test('a success resolves everything of its scope, and nothing of another', async () => {
    newTeam();
    await fail('web');
    await fail('api');
    const scope = { resourceType: 'pipelinerun', resourceName: 'web' };
    const body = { title: 't', description: 'd', severity: 'info', issueType: 'test', namespace: team, scope };
    await world.ask('POST', at('issues'), body);
    expect((await succeed('web')).body.message).toBe('Resolved 2 issue(s) for pipeline web');
    expect((await succeed('web')).body.message).toBe('Resolved 0 issue(s) for pipeline web');
    expect(titles(await get('issues?state=ACTIVE'))).toEqual(['Pipeline run failed: api']);
  });

  test('a link that is no web address is left out, and the rest is stored', async () => {
    newTeam();
    await fail('web', { logsUrl: 'javascript:alert(1)' });
    expect((await get('issues?state=ACTIVE')).data[0].links).toEqual([]);
  });

  test('PUT keeps what it does not name, opens what was resolved, and moves nothing', async () => {
    newTeam();
    const { id } = (await fail('web', { logsUrl: 'https://logs.example/1' })).body.issue;
    const put = (body: object): Promise<Answer> => world.ask('PUT', at(`issues/${id}`), body);
    expect((await put({ title: 'It is the registry' })).body).toMatchObject({
      ...{ id, title: 'It is the registry', description: 'The pipeline run web failed with reason: exit code 1' },
    });
    expect((await get('issues?state=ACTIVE')).data[0].links).toMatchObject([{ url: 'https://logs.example/1' }]);
    expect((await put({ state: 'RESOLVED' })).body).toMatchObject({ id, state: 'RESOLVED' });
    expect((await put({ state: 'RESOLVED', title: 'x' })).body).toMatchObject({ title: 'It is the registry' });
    expect((await put({ severity: 'info' })).body).toMatchObject({ id, state: 'ACTIVE', severity: 'info' });
    expect(await put({ scope: { resourceName: 'other' } })).toMatchObject({ status: 400 });
    expect(await put({ namespace: 'elsewhere' })).toMatchObject({ status: 400 });
  });

  test('what another source keeps is listed and resolved, but not edited', async () => {
    newTeam();
    const subject = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: team, name: 'web' };
    const report: Report = {
      ...{ source: 'tekton-pipelinerun', namespace: team, subject, order: { class: 'received' } },
      body: {
        complete: true,
        findings: [{ key: 'k', type: 'workload', severity: 'major', reason: 'Down', title: 'web is down' }],
      },
    };
    await world.engine.submit(report, { name: 'controllers', groups: [] });
    const [{ id, scope, issueType }] = (await get('issues?state=ACTIVE&resourceType=deployment')).data;
    expect([scope.resourceType, issueType]).toEqual(['deployment', 'workload']);
    expect(await world.ask('PUT', at(`issues/${id}`), { title: 'x' })).toMatchObject({ status: 409 });
    expect((await world.ask('POST', at(`issues/${id}/resolve`))).body.state).toBe('RESOLVED');
  });
});

describe('lists', () => {
  test('of resolved issues reach beyond the visible set, and leave out what somebody deleted', async () => {
    newTeam();
    await fail('old');
    await succeed('old');
    const { id } = (await fail('deleted')).body.issue;
    world.pass(2 * 3_600_000);
    await sweepOnce(world.store, {});
    expect((await world.ask('DELETE', at(`issues/${id}`))).status).toBe(204);
    await fail('new');
    expect(titles(await get('issues'))).toEqual(['Pipeline run failed: new', 'Pipeline run failed: old']);
    const [old] = (await get('issues?state=RESOLVED')).data;
    expect(await get(`issues/${old.id}`)).toMatchObject({ state: 'RESOLVED' });
    expect((await world.ask('DELETE', at(`issues/${old.id}`))).status).toBe(204);
    expect(await get('issues?state=RESOLVED')).toMatchObject({ data: [], total: 0 });
    expect((await world.ask('GET', at(`issues/${old.id}`))).status).toBe(404);
    await fail('old');
    expect(await get(`issues/${old.id}`)).toMatchObject({ state: 'ACTIVE' });
  });

  test('of the Active show each write at once, and are made once for the same question', async () => {
    newTeam();
    for (let round = 0; round < 5; round++) {
      await fail(`p-${round}`);
      expect((await get('issues?state=ACTIVE')).total).toBe(round + 1);
      expect((await get('issues?state=ACTIVE')).total).toBe(round + 1);
    }
    await succeed('p-3');
    expect(titles(await get('issues?state=ACTIVE'))).not.toContain('Pipeline run failed: p-3');
  });

  test('carry relations, also those that were made after the list was asked for', async () => {
    newTeam();
    const one = (await fail('one')).body.issue.id;
    const two = (await fail('two')).body.issue.id;
    await get('issues?state=ACTIVE');
    await world.ask('POST', at(`issues/${one}/related`), { relatedId: two });
    const [second, first] = (await get('issues?state=ACTIVE')).data;
    expect(first.relatedFrom).toMatchObject([
      { sourceId: one, targetId: two, target: { id: two }, source: { id: '' } },
    ]);
    expect(second.relatedTo).toMatchObject([{ sourceId: one, targetId: two, source: { id: one }, target: { id: '' } }]);
    await world.ask('DELETE', at(`issues/${one}`));
    expect((await get('issues?state=ACTIVE')).data[0].relatedTo).toEqual([]);
  });

  test('of a run are the issues and the closed episodes that it showed last, by name or uid', async () => {
    newTeam();
    const uid = '6f1f9f7e-53d9-4c1b-8c3e-0d6f1f2a3b4c';
    const { id } = (await fail('web', { runId: uid })).body.issue;
    expect(await get(`issues?pipelineRun=${uid}`)).toMatchObject({ total: 1, data: [{ id, state: 'ACTIVE' }] });
    await succeed('web');
    await fail('web', { runId: 'run-2', failureReason: 'another one' });
    expect(await get(`issues?pipelineRun=${uid}`)).toMatchObject({
      total: 1,
      data: [{ id, state: 'RESOLVED', description: 'The pipeline run web failed with reason: exit code 1' }],
    });
    expect(await get('issues?pipelineRun=run-2')).toMatchObject({ total: 1, data: [{ id, state: 'ACTIVE' }] });
    expect(await get('issues?pipelineRun=run-3')).toMatchObject({ total: 0 });
  });
});

describe('who may', () => {
  test('an issue of a namespace that the caller may not see is as if it were not there', async () => {
    newTeam();
    const { id } = (await fail('web')).body.issue;
    const stranger = { Authorization: 'Bearer stranger' };
    for (const path of ['issues', `issues/${id}`]) {
      const answer = await world.ask('GET', at(path), undefined, stranger);
      expect(answer).toMatchObject({ status: 403, body: { error: 'Access denied to this namespace' } });
      expect(JSON.stringify(answer.body)).not.toContain('web');
    }
    const hook = { pipelineName: 'x', namespace: team, failureReason: 'y' };
    expect((await world.ask('POST', at('webhooks/pipeline-failure'), hook, stranger)).status).toBe(403);
    expect((await world.ask('DELETE', at(`issues/${id}`), undefined, stranger)).status).toBe(403);
    expect((await world.ask('POST', at(`issues/${id}/resolve`), undefined, stranger)).status).toBe(403);
  });

  test('who deletes an issue takes away only links to issues that they may resolve too', async () => {
    const theirs = newTeam();
    const other = (await fail('theirs')).body.issue.id;
    newTeam();
    const one = (await fail('one')).body.issue.id;
    const two = (await fail('two')).body.issue.id;
    for (const relatedId of [other, two]) await world.ask('POST', at(`issues/${one}/related`), { relatedId });
    world.members.set('member', [team]);
    const member = { Authorization: 'Bearer member' };
    expect((await world.ask('DELETE', at(`issues/${one}`), undefined, member)).status).toBe(204);
    expect(await world.store.relatedOf([one])).toMatchObject([{ sourceId: one, targetId: other }]);
    // What it leads to is deleted: nobody is shown it.
    const shown = await world.ask('GET', `/api/v1/issues/${other}?namespace=${theirs}`);
    expect(shown).toMatchObject({ status: 200, body: { relatedFrom: [], relatedTo: [] } });
  });

  test('which links a caller sees is asked for each namespace, not for each issue of it', async () => {
    newTeam();
    const one = (await fail('one')).body.issue.id;
    for (const name of ['a', 'b', 'c', 'd']) {
      const relatedId = (await fail(name)).body.issue.id;
      await world.ask('POST', at(`issues/${one}/related`), { relatedId });
    }
    world.questions.length = 0;
    expect((await get(`issues/${one}`)).relatedFrom).toHaveLength(4);
    expect(world.questions.filter((asked) => asked.kind === 'resource' && asked.name !== undefined)).toEqual([]);
  });

  test('links are shown of an issue that never changed since it was opened', async () => {
    newTeam();
    const [one, two] = [(await fail('one')).body.issue.id, (await fail('two')).body.issue.id];
    await world.ask('POST', at(`issues/${one}/related`), { relatedId: two });
    expect((await get(`issues/${one}`)).relatedFrom).toMatchObject([{ targetId: two }]);
  });

  test('the namespace that is written is the one that is checked, whatever the URL says', async () => {
    newTeam();
    const body = { pipelineName: 'x', namespace: team, failureReason: 'y' };
    await world.ask('POST', '/api/v1/webhooks/pipeline-failure?namespace=elsewhere', body);
    expect((await get('issues?state=ACTIVE')).total).toBe(1);
  });

  test('a wrong token is not taken for none', async () => {
    newTeam();
    expect((await world.ask('GET', at('issues'), undefined, { Authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await world.ask('GET', at('issues'), undefined, { Authorization: 'Basic a2l0ZTo=' })).status).toBe(401);
    const asSelf = { Authorization: `Bearer ${KITE_USER.name}` };
    expect((await world.ask('GET', at('issues'), undefined, asSelf)).status).toBe(200);
  });
});
