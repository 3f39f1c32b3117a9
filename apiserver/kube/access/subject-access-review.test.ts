import { beforeEach, describe, expect, it } from 'vitest';
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
      fieldSelector: 'metadata.name=n',
      labelSelector: 'a',
    };
    await authorizer().authorize(alice, attributes);
    const { kind: _, fieldSelector, labelSelector, ...plain } = attributes;
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
              fieldSelector: { rawSelector: fieldSelector },
              labelSelector: { rawSelector: labelSelector },
            },
          },
        },
      },
    ]);
  });

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

  it('are not kept for questions of 10,000 characters and more', async () => {
    const asking = authorizer();
    const large = { ...listing, labelSelector: 'x'.repeat(10_000) };
    await asking.authorize(alice, large);
    await asking.authorize(alice, large);
    expect(api.asked).toHaveLength(2);
  });
});

describe('when the cluster does not answer', () => {
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
