import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ClusterApiError } from './cluster-api.ts';
import { subjectAccessReviewAuthorizer } from './subject-access-review.ts';
import { FakeClusterApi } from './testing/fake-cluster-api.ts';
import { AccessUnavailable, type Attributes, type ResourceAttributes, type UserInfo } from './types.ts';

const alice: UserInfo = { name: 'alice', uid: 'u', groups: ['a', 'system:authenticated'], extra: { scope: ['x'] } };
const listing: ResourceAttributes = {
  kind: 'resource',
  verb: 'list',
  namespace: 'team-a',
  group: 'faultline.dev',
  version: 'v1alpha1',
  resource: 'issues',
};
let now: number;
let api: FakeClusterApi;

beforeEach(() => {
  now = 0;
  api = new FakeClusterApi();
  api.answer = () => ({ status: { allowed: true } });
});

const authorizer = (backoffMs: number[] = [0, 0]) => subjectAccessReviewAuthorizer({ api, now: () => now, backoffMs });
const failing = (status: number | undefined) => () => {
  throw new ClusterApiError('no', status);
};

describe('A8 a SubjectAccessReview', () => {
  it('is about the caller, with everything that is known of it and of the request (A10)', async () => {
    const attributes = {
      ...listing,
      subresource: 's',
      name: 'n',
      fieldSelector: 'metadata.name==n,spec.severity!=info',
      labelSelector: 'a=1,b!=2,c in (x,y),d notin (z),e,!f,g>3',
    };
    await authorizer().authorize(alice, attributes);
    const { kind: _, fieldSelector: _f, labelSelector: _l, ...plain } = attributes;
    expect(api.asked).toEqual([
      {
        path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: {
            user: 'alice',
            uid: 'u',
            groups: ['a', 'system:authenticated'],
            extra: { scope: ['x'] },
            resourceAttributes: {
              ...plain,
              fieldSelector: {
                requirements: [
                  { key: 'metadata.name', operator: 'In', values: ['n'] },
                  { key: 'spec.severity', operator: 'NotIn', values: ['info'] },
                ],
              },
              labelSelector: {
                requirements: [
                  { key: 'a', operator: 'In', values: ['1'] },
                  { key: 'b', operator: 'NotIn', values: ['2'] },
                  { key: 'c', operator: 'In', values: ['x', 'y'] },
                  { key: 'd', operator: 'NotIn', values: ['z'] },
                  { key: 'e', operator: 'Exists' },
                  { key: 'f', operator: 'DoesNotExist' },
                ],
              },
            },
          },
        },
      },
    ]);
  });

  it.each([
    ['no-operator', 'a in ('],
    ['=x', 'g>3'],
    [',', ''],
  ])(
    'A10 leaves out selectors that authorizers cannot read (%j, %j): the question is then a wider one',
    async (f, l) => {
      await authorizer().authorize(alice, { ...listing, fieldSelector: f, labelSelector: l });
      const { kind: _, ...plain } = listing;
      expect(api.asked[0]?.body).toMatchObject({ spec: { resourceAttributes: plain } });
      expect(JSON.stringify(api.asked)).not.toContain('Selector');
    },
  );

  it('about a path names path and verb', async () => {
    await authorizer().authorize(alice, { kind: 'nonResource', verb: 'get', path: '/metrics' });
    expect(api.asked[0]?.body).toMatchObject({ spec: { nonResourceAttributes: { verb: 'get', path: '/metrics' } } });
  });

  it.each([
    ['no opinion', { status: { allowed: false, reason: 'no rule' } }, { allowed: false, reason: 'no rule' }],
    ['a denial that also allows', { status: { allowed: true, denied: true } }, { allowed: false }],
    ['an empty answer', {}, { allowed: false }],
  ])('refuses on %s', async (_, answer, decision) => {
    api.answer = () => answer;
    expect(await authorizer().authorize(alice, listing)).toEqual(decision);
  });
});

describe('A11 answers', () => {
  it('are kept for ten seconds, yes and no alike, and then given at once', async () => {
    const asking = authorizer();
    for (const allowed of [true, false]) {
      const user = { ...alice, name: `user-${allowed}` };
      api.answer = () => ({ status: { allowed } });
      await asking.authorize(user, listing);
      now += 9_999;
      expect(asking.authorize(user, listing)).toEqual({ allowed });
      now += 2;
      api.answer = () => ({ status: { allowed: !allowed } });
      expect(await asking.authorize(user, listing)).toEqual({ allowed: !allowed });
    }
  });

  it('are asked for once by many at a time', async () => {
    const asking = authorizer();
    await Promise.all([asking.authorize(alice, listing), asking.authorize({ ...alice }, { ...listing })]);
    expect(api.asked).toHaveLength(1);
  });

  it.each<[string, UserInfo, Attributes]>([
    ['verb', alice, { ...listing, verb: 'watch' }],
    ['namespace', alice, { ...listing, namespace: 'team-b' }],
    ['name', alice, { ...listing, name: 'x' }],
    ['subresource', alice, { ...listing, subresource: 'x' }],
    ['selector', alice, { ...listing, labelSelector: 'x' }],
    ['user', { ...alice, name: 'bob' }, listing],
    ['group', { ...alice, groups: ['b'] }, listing],
    ['extra', { ...alice, extra: { scope: ['y'] } }, listing],
    ['uid', { ...alice, uid: 'v' }, listing],
  ])('are never those of another %s', async (_, user, attributes) => {
    const asking = authorizer();
    await asking.authorize(alice, listing);
    api.answer = () => ({ status: { allowed: false } });
    expect(await asking.authorize(user, attributes)).toEqual({ allowed: false });
  });

  it('are not kept for questions of 10,000 bytes and more, however few characters that are', async () => {
    const asking = authorizer();
    const bytes = (name: string) => Object.values({ ...listing, name }).reduce((n, s) => n + Buffer.byteLength(s), 0);
    const kept = 'ü'.repeat((9_999 - bytes('')) / 2);
    const large = `${kept}ü`;
    expect([bytes(kept) < 10_000, bytes(large) >= 10_000]).toEqual([true, true]);
    for (const name of [kept, kept, large, large]) await asking.authorize(alice, { ...listing, name });
    expect(api.asked).toHaveLength(3);
  });

  it('are kept for users in any number of groups', async () => {
    const asking = authorizer();
    const groups = Array.from({ length: 500 }, (_, index) => `a-group-with-a-long-name-${index}`);
    await asking.authorize({ name: 'many', groups }, listing);
    await asking.authorize({ name: 'many', groups: [...groups] }, listing);
    expect(api.asked).toHaveLength(1);
  });

  it('are 8,192 at most: what was asked longest ago is asked again', async () => {
    const asking = authorizer();
    const ask = (index: number) => asking.authorize(alice, { ...listing, name: `n${index}` });
    for (let index = 0; index <= 8_192; index++) await ask(index);
    expect(ask(1)).toEqual({ allowed: true }); // from memory: not a promise
    await ask(0);
    expect(api.asked).toHaveLength(8_194);
  });
});

describe('when the cluster does not answer', () => {
  it('A11 it is asked five times, 500 ms and ever longer apart', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const pauses: number[] = [];
    const sleep = async (ms: number) => void pauses.push(Math.round(ms));
    const asking = subjectAccessReviewAuthorizer({ api, now: () => now, sleep });
    api.answer = failing(503);
    await expect(asking.authorize(alice, listing)).rejects.toBeInstanceOf(AccessUnavailable);
    vi.restoreAllMocks();
    expect(pauses).toEqual([550, 825, 1238, 1856]);
    expect(api.asked).toHaveLength(5);
  });

  it('X11 every question is observed with its outcome and its time, cached answers are not', async () => {
    const observed: unknown[] = [];
    const onReview = (review: unknown) => void observed.push(review);
    const asking = subjectAccessReviewAuthorizer({ api, now: () => now, backoffMs: [], onReview });
    api.answer = () => {
      now += 250;
      return { status: { allowed: true } };
    };
    await asking.authorize(alice, listing);
    await asking.authorize(alice, listing);
    api.answer = () => ({ status: { allowed: false } });
    await asking.authorize(alice, { ...listing, verb: 'watch' });
    api.answer = failing(500);
    await expect(asking.authorize(alice, { ...listing, verb: 'get' })).rejects.toThrow();
    const review = 'SubjectAccessReview';
    expect(observed).toEqual([
      { review, result: 'allowed', seconds: 0.25 },
      { review, result: 'denied', seconds: 0 },
      { review, result: 'error', seconds: 0 },
    ]);
  });

  it('a short outage is waited for', async () => {
    let tries = 0;
    api.answer = () => {
      tries++;
      return tries < 3 ? failing(503)() : { status: { allowed: true } };
    };
    expect(await authorizer().authorize(alice, listing)).toEqual({ allowed: true });
  });

  it.each([[500], [429], [undefined]])(
    'nobody is allowed after the last try (%s), and nothing is remembered',
    async (status) => {
      const asking = authorizer();
      api.answer = failing(status);
      await expect(asking.authorize(alice, listing)).rejects.toBeInstanceOf(AccessUnavailable);
      expect(api.asked).toHaveLength(3);
      api.answer = () => ({ status: { allowed: true } });
      expect(await asking.authorize(alice, listing)).toEqual({ allowed: true });
    },
  );

  it.each([[400], [401], [403], [422]])(
    'a refusal of the question itself (%s) is not repeated, and allows nobody',
    async (status) => {
      api.answer = failing(status);
      await expect(authorizer().authorize(alice, listing)).rejects.toBeInstanceOf(AccessUnavailable);
      expect(api.asked).toHaveLength(1);
    },
  );
});
