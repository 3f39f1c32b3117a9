import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Issue } from '../../crds/issue.ts';
import { localNamespaces } from '../ingest/index.ts';
import { CALLER, EngineFixture, HOUR, RED } from '../ingest/testing/engine-fixture.ts';
import { report } from '../ingest/testing/world.ts';
import type { ChangeSource, ResourceDefinition } from '../kube/index.ts';
import { TestApi } from '../kube/testing/test-api.ts';
import { StoreUnavailable } from '../store/store.ts';
import { issueActions } from './issue-actions.ts';
import { issuesResource } from './issues.ts';

/** The actions over HTTP, on a real store. */
let fixture: EngineFixture;
let api: TestApi;
let name: string;
let namespaceOf: (name: string) => ReturnType<ReturnType<typeof localNamespaces>['resolve']>;
const local = localNamespaces('folder:/test');
const IN_TEAM = '/apis/faultline.dev/v1alpha1/namespaces/team-a/issues';

beforeAll(async () => {
  fixture = await EngineFixture.open();
  const engine = fixture.start({ namespaces: { resolve: (asked) => namespaceOf(asked) } });
  const source = fixture.store.changes('issues') as ChangeSource<Issue>;
  api = await TestApi.start({ more: [issuesResource(source, issueActions(engine)) as unknown as ResourceDefinition] });
});
beforeEach(async () => {
  await fixture.empty();
  namespaceOf = local.resolve;
  api.user = { name: 'ann', groups: ['system:authenticated'] };
  await fixture.start().submit(report(fixture.run(2 * HOUR), RED), CALLER);
  name = (await fixture.issues())[0]?.metadata.name as string;
});
afterAll(async () => {
  await api?.[Symbol.asyncDispose]();
  await fixture?.[Symbol.asyncDispose]();
});

interface Answer {
  code?: number;
  message: string;
  metadata: { uid: string; resourceVersion: string };
  status: Record<string, unknown>;
  details: { causes: object[] };
  [field: string]: unknown;
}

async function post(action: string, object: object = {}, { issue = name, query = '' } = {}) {
  const body = JSON.stringify(object);
  const answer = await api.send(`${IN_TEAM}/${issue}/${action}${query}`, { method: 'POST', body });
  return { status: answer.status, headers: answer.headers, json: answer.json<Answer>() };
}

const get = () => api.json<Issue>(`${IN_TEAM}/${name}`);

describe('issues/resolve', () => {
  it('S1 resolves and answers the issue as the next read shows it', async () => {
    const { status, json } = await post('resolve', { spec: { comment: 'known' } });
    expect(status).toBe(201);
    expect(json).toEqual({
      apiVersion: 'faultline.dev/v1alpha1',
      kind: 'IssueResolution',
      metadata: { name, namespace: 'team-a', uid: expect.any(String), resourceVersion: expect.stringMatching(/^\d+$/) },
      spec: { comment: 'known' },
      status: { state: 'Resolved', resolvedAt: expect.stringMatching(/Z$/), resolvedReason: 'Manual' },
    });
    const { metadata, status: read } = await get();
    expect(metadata).toMatchObject({ uid: json.metadata.uid, resourceVersion: json.metadata.resourceVersion });
    expect(read).toMatchObject(json.status);
  });

  it('S4 a repeated one answers the same, body for body', async () => {
    const first = await post('resolve', { spec: { comment: 'known' } });
    expect(await post('resolve', { spec: { comment: 'known' } })).toMatchObject({ status: 201, json: first.json });
  });

  it('S4 W1 a watch sees it at once', async () => {
    const { metadata } = await get();
    using watch = await api.watch(`${IN_TEAM}?watch=1&resourceVersion=${metadata.resourceVersion}`);
    const { json } = await post('resolve');
    const [event] = await watch.take(1);
    expect(event).toMatchObject({
      type: 'MODIFIED',
      object: {
        metadata: { name, resourceVersion: json.metadata.resourceVersion },
        status: { resolvedReason: 'Manual' },
      },
    });
  });
});

describe('issues/acknowledge', () => {
  it('S1 shows who has taken note, and who said it in the timeline', async () => {
    const { json } = await post('acknowledge', { kind: 'IssueAcknowledgement', spec: { comment: 'mine' } });
    expect(json.status).toEqual({ acknowledged: { by: 'ann', at: expect.stringMatching(/Z$/) } });
    expect((await get()).status).toMatchObject({ state: 'Active', ...json.status });
    const { id } = (await fixture.store.issue('team-a', name)) as { id: string };
    expect(await fixture.store.timeline(id)).toMatchObject([{ actor: 'ann', action: 'acknowledge', comment: 'mine' }]);
  });

  it('S4 of a resolved issue is 409', async () => {
    await post('resolve');
    expect((await post('acknowledge')).json).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: `Operation cannot be fulfilled on issues.faultline.dev "${name}": it is Resolved (Manual): there is nothing to acknowledge`,
    });
  });
});

describe('issues/snooze', () => {
  it.each([
    ['duration', { duration: '2h' }],
    ['until', { until: new Date(Date.now() + HOUR).toISOString() }],
  ])('S1 takes a %s', async (_which, spec) => {
    const { json } = await post('snooze', { kind: 'IssueSnooze', spec });
    expect(json.spec).toEqual(spec);
    expect((await get()).status).toMatchObject({ state: 'Active', snoozedUntil: json.status.snoozedUntil });
  });

  it.each([
    [{}, 'FieldValueRequired', 'spec', 'one of until, duration is required'],
    [
      { until: '2030-01-01T00:00:00Z', duration: '1h' },
      'FieldValueForbidden',
      'spec',
      'only one of until, duration may be set',
    ],
    [{ until: 'tomorrow' }, 'FieldValueInvalid', 'spec.until', 'must be an RFC 3339 time'],
    [{ until: '2020-01-01T00:00:00Z' }, 'FieldValueInvalid', 'spec.until', 'must be in the future: it is 20'],
    [{ until: '2999-01-01T00:00:00Z' }, 'FieldValueInvalid', 'spec.until', 'must be at most 90d ahead'],
    [{ duration: 'soon' }, 'FieldValueInvalid', 'spec.duration', '"soon" is not a duration'],
    [{ duration: '0s' }, 'FieldValueInvalid', 'spec.duration', 'must be longer than nothing'],
    [{ duration: '91d' }, 'FieldValueInvalid', 'spec.duration', 'at most 90d'],
    [{ duration: '1h', comment: 'x'.repeat(1_025) }, 'FieldValueInvalid', 'spec.comment', '1024 characters'],
    [{ duration: '1h', why: 'x' }, 'FieldValueForbidden', 'spec.why', 'is not allowed'],
  ])('S1 E6 refuses %.60j', async (spec, reason, field, message) => {
    const { status, json } = await post('snooze', { spec });
    expect({ status, causes: json.details.causes }).toEqual({
      status: 422,
      causes: [{ reason, field, message: expect.stringContaining(message) }],
    });
    expect((await get()).status.snoozedUntil).toBeUndefined();
  });
});

describe('issues/assign', () => {
  it.each([
    [{}, 'ann'],
    [{ assignee: 'team-web' }, 'team-web'],
    [{ unassign: true }, undefined],
  ])('S1 of %j assigns it to %s', async (spec, assignee) => {
    await post('assign', { spec: { assignee: 'before' } });
    const { status, json } = await post('assign', { kind: 'IssueAssignment', spec });
    expect([status, json.status]).toEqual([201, assignee === undefined ? {} : { assignee }]);
    expect((await get()).status.assignee).toBe(assignee);
  });

  it.each([
    [{ assignee: 'bob', unassign: true }, 'spec'],
    [{ assignee: ' \u0007' }, 'spec.assignee'],
    [{ unassign: false }, 'spec.unassign'],
  ])('S1 E6 refuses %j', async (spec, field) => {
    const { status, json } = await post('assign', { spec });
    expect({ status, causes: json.details.causes }).toMatchObject({ status: 422, causes: [{ field }] });
  });
});

describe('issues/due', () => {
  const at = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 24 * HOUR).toISOString().replace('.000', '');

  it('S1 takes a date, a duration, or takes the date away', async () => {
    expect((await post('due', { spec: { in: '3d' } })).json.status).toMatchObject({ due: { by: 'ann' } });
    expect((await post('due', { kind: 'IssueDueDate', spec: { at } })).json.status).toEqual({ due: { by: 'ann', at } });
    expect((await get()).status.due).toEqual({ by: 'ann', at });
    expect((await post('due', { spec: { clear: true } })).json.status).toEqual({});
    expect((await get()).status).not.toHaveProperty('due');
  });

  it.each([
    [{}, 'spec'],
    [{ in: '3d', at }, 'spec'],
    [{ at: '2020-01-01T00:00:00Z' }, 'spec.at'],
    [{ in: 'soon' }, 'spec.in'],
  ])('S1 E6 refuses %j', async (spec, field) => {
    const { status, json } = await post('due', { spec });
    expect({ status, causes: json.details.causes }).toMatchObject({ status: 422, causes: [{ field }] });
  });
});

describe('issues/comment', () => {
  it('S1 S4 keeps the words with who said them, once, and answers the same again', async () => {
    const before = await get();
    const first = await post('comment', { kind: 'IssueComment', spec: { comment: 'found it' } });
    expect([first.status, first.json.status]).toEqual([201, { by: 'ann' }]);
    expect(await post('comment', { spec: { comment: 'found it' } })).toMatchObject({ status: 201, json: first.json });
    expect(await get()).toEqual(before);
    const { id } = (await fixture.store.issue('team-a', name)) as { id: string };
    expect(await fixture.store.timeline(id)).toMatchObject([{ actor: 'ann', action: 'comment', comment: 'found it' }]);
  });

  it.each([{}, { comment: '' }, { comment: ' \u0007\n' }])('S1 E6 refuses %j', async (spec) => {
    const { status, json } = await post('comment', { spec });
    expect({ status, causes: json.details.causes }).toMatchObject({ status: 422, causes: [{ field: 'spec.comment' }] });
  });
});

describe('every action', () => {
  it('S2 dryRun=All answers what would be and changes nothing', async () => {
    const before = await get();
    const answers = [
      await post('resolve', {}, { query: '?dryRun=All' }),
      await post('acknowledge', {}, { query: '?dryRun=All' }),
      await post('snooze', { spec: { duration: '1h' } }, { query: '?dryRun=All' }),
    ];
    expect(answers.map(({ status, json }) => [status, json.metadata.resourceVersion])).toEqual(
      answers.map(() => [201, before.metadata.resourceVersion]),
    );
    expect(answers[0]?.json.status).toMatchObject({ state: 'Resolved' });
    expect(await get()).toEqual(before);
  });

  it('S4 with preconditions acts on the object that the caller has seen, and on no other', async () => {
    const { uid, resourceVersion } = (await get()).metadata;
    await post('acknowledge');
    const stale = await post('resolve', { metadata: { uid, resourceVersion } });
    expect(stale.json).toMatchObject({ code: 409, reason: 'Conflict', details: { name, kind: 'issues' } });
    expect((await post('resolve', { metadata: { uid: 'another' } })).json.message).toContain('UID in the precondition');
    expect((await get()).status.state).toBe('Active');
    const current = (await get()).metadata.resourceVersion;
    expect((await post('resolve', { metadata: { uid, resourceVersion: current } })).status).toBe(201);
  });

  it('E3 of an issue that does not exist is 404', async () => {
    expect((await post('resolve', {}, { issue: 'nobody' })).json).toMatchObject({
      code: 404,
      message: 'issues.faultline.dev "nobody" not found',
      details: { name: 'nobody', group: 'faultline.dev', kind: 'issues' },
    });
  });

  it('S6 in a terminating namespace is 409, in a missing one 404', async () => {
    namespaceOf = () => 'terminating';
    expect((await post('resolve')).json).toMatchObject({
      code: 409,
      message: expect.stringContaining('namespace team-a is being terminated'),
    });
    namespaceOf = () => 'missing';
    expect((await post('resolve')).json).toMatchObject({ code: 404, message: 'namespaces "team-a" not found' });
    expect((await get()).status.state).toBe('Active');
  });

  it('X3 E5 while the database or the cluster is away is 503 with Retry-After', async () => {
    const unavailable = (error: Error) => {
      const failing = { act: () => Promise.reject(error) };
      const [resolve] = issueActions(failing);
      return resolve?.perform({
        ...{ user: { name: 'ann', groups: [] }, namespace: 'team-a', name, spec: {}, preconditions: {} },
        ...{ dryRun: false, signal: AbortSignal.abort() },
      });
    };
    await expect(unavailable(new StoreUnavailable('away'))).rejects.toBeInstanceOf(StoreUnavailable);
    namespaceOf = () => Promise.reject(Object.assign(new Error('away'), { name: 'NamespacesUnavailable' }));
    const { status, headers } = await post('resolve');
    expect([status, headers['retry-after']]).toEqual([503, '1']);
  });

  it('S4 X13 of people on two replicas at once keeps everybody’s line', async () => {
    const replicas = [fixture.start(), fixture.start()].map((engine) => issueActions(engine));
    const people = ['ann', 'bob', 'cy', 'dee'];
    await Promise.all(
      people.map((person, index) =>
        replicas[index % 2]?.[1]?.perform({
          ...{ user: { name: person, groups: [] }, namespace: 'team-a', name, preconditions: {} },
          ...{ spec: { comment: `by ${person}` }, dryRun: false, signal: new AbortController().signal },
        }),
      ),
    );
    const { id } = (await fixture.store.issue('team-a', name)) as { id: string };
    expect((await fixture.store.timeline(id)).map(({ actor }) => actor).toSorted()).toEqual(people);
  });
});
