import { beforeEach, describe, expect, it } from 'vitest';
import { createAuthenticator } from './authenticator.ts';
import { bearerTokenAuthenticator } from './bearer-token.ts';
import { ClusterApiError } from './cluster-api.ts';
import { FakeClusterApi } from './testing/fake-cluster-api.ts';
import { fakeRequest } from './testing/fake-request.ts';
import type { ReviewObserver } from './types.ts';

const SERVICE_ACCOUNT = {
  username: 'system:serviceaccount:ci:bot',
  uid: 'u-1',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:ci'],
  extra: { 'authentication.kubernetes.io/pod-name': ['bot-0'] },
};
let now: number;
let api: FakeClusterApi;

beforeEach(() => {
  now = 0;
  api = new FakeClusterApi();
  api.answer = () => ({ status: { authenticated: true, user: SERVICE_ACCOUNT, audiences: ['faultline'] } });
});

const authenticator = (audiences?: string[]) =>
  createAuthenticator({
    credentials: [bearerTokenAuthenticator({ api, now: () => now, backoffMs: [0], ...(audiences && { audiences }) })],
  });
const withToken = (token = 'secret') => fakeRequest('Authorization', `Bearer ${token}`);

describe('A7 a bearer token', () => {
  it('is reviewed by the cluster, and its user has all that the cluster says', async () => {
    const request = withToken();
    const { username, ...rest } = SERVICE_ACCOUNT;
    expect(await authenticator().authenticate(request)).toEqual({
      outcome: 'user',
      user: { name: username, ...rest, groups: [...rest.groups, 'system:authenticated'] },
    });
    expect(api.asked).toEqual([
      {
        path: '/apis/authentication.k8s.io/v1/tokenreviews',
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'secret' } },
      },
    ]);
    expect([request.headers.authorization, request.rawHeaders]).toEqual([undefined, []]);
  });

  it('is reviewed once for ten seconds, and once for many requests at a time', async () => {
    const asking = authenticator();
    await Promise.all([asking.authenticate(withToken()), asking.authenticate(withToken())]);
    now = 9_999;
    await asking.authenticate(withToken());
    expect(api.asked).toHaveLength(1);
    now = 10_001;
    await asking.authenticate(withToken());
    expect(api.asked).toHaveLength(2);
  });

  it('is not confused with another token', async () => {
    const asking = authenticator();
    api.answer = (_, body) => ({
      status: { authenticated: JSON.stringify(body).includes('good'), user: SERVICE_ACCOUNT },
    });
    expect((await asking.authenticate(withToken('good'))).outcome).toBe('user');
    expect((await asking.authenticate(withToken('bad'))).outcome).toBe('invalid');
  });

  it('that the cluster does not know is invalid, also from the cache', async () => {
    const asking = authenticator();
    api.answer = () => ({ status: { authenticated: false, error: 'expired' } });
    expect((await asking.authenticate(withToken())).outcome).toBe('invalid');
    expect((await asking.authenticate(withToken())).outcome).toBe('invalid');
    expect(api.asked).toHaveLength(1);
  });

  it.each([
    ['no status', {}],
    ['a user without a name', { status: { authenticated: true, user: {} } }],
    ['no user', { status: { authenticated: true } }],
  ])('is invalid when the answer has %s', async (_, answer) => {
    api.answer = () => answer;
    expect((await authenticator().authenticate(withToken())).outcome).toBe('invalid');
  });

  it('must be for our audience when there is one', async () => {
    expect((await authenticator(['faultline']).authenticate(withToken())).outcome).toBe('user');
    expect((await authenticator(['other']).authenticate(withToken())).outcome).toBe('invalid');
    api.answer = () => ({ status: { authenticated: true, user: SERVICE_ACCOUNT } });
    expect((await authenticator(['faultline']).authenticate(withToken())).outcome).toBe('invalid');
  });

  it('A11 is asked about again while the cluster is busy, and not when it refuses the question', async () => {
    let tries = 0;
    api.answer = () => {
      if (++tries === 1) throw new ClusterApiError('busy', 429);
      return { status: { authenticated: true, user: SERVICE_ACCOUNT } };
    };
    expect((await authenticator().authenticate(withToken())).outcome).toBe('user');
    api.asked.length = 0;
    api.answer = () => {
      throw new ClusterApiError('forbidden', 403);
    };
    expect((await authenticator().authenticate(withToken())).outcome).toBe('unavailable');
    expect(api.asked).toHaveLength(1);
  });

  it('is never let through while the cluster cannot be asked, nor remembered as bad', async () => {
    const asking = authenticator();
    api.answer = () => {
      throw new ClusterApiError('no answer', undefined);
    };
    expect(await asking.authenticate(withToken())).toMatchObject({ outcome: 'unavailable', retryAfterSeconds: 1 });
    api.answer = () => ({ status: { authenticated: true, user: SERVICE_ACCOUNT } });
    expect((await asking.authenticate(withToken())).outcome).toBe('user');
  });

  it.each([
    [403, 'TokenReview: the cluster answered 403: bind the ServiceAccount to the ClusterRole system:auth-delegator'],
    [undefined, 'TokenReview: the cluster did not answer'],
  ])('P17 that cannot be checked (%s) is explained to the log, without the token', async (status, why) => {
    const faults: string[] = [];
    const observed: string[] = [];
    const onReview: ReviewObserver = ({ review, result }) => void observed.push(`${review} ${result}`);
    const credentials = [bearerTokenAuthenticator({ api, now: () => now, backoffMs: [], onReview })];
    const asking = createAuthenticator({ credentials, onFault: (fault) => void faults.push(fault) });
    api.answer = () => {
      throw new ClusterApiError('Bearer secret', status);
    };
    await asking.authenticate(withToken());
    expect(faults).toEqual([why]);
    expect(observed).toEqual(['TokenReview error']);
  });

  it.each([['Basic YTpi'], ['Bearer'], ['Bearer ']])('is not what %j is', async (header) => {
    const result = await authenticator().authenticate(fakeRequest('Authorization', header));
    expect(result).toMatchObject({ outcome: 'user', user: { name: 'system:anonymous' } });
    expect(api.asked).toEqual([]);
  });

  it('is answered the same when asked again about one request, whose credentials are gone by then', async () => {
    const asking = authenticator();
    const request = withToken();
    const first = await asking.authenticate(request);
    expect(await asking.authenticate(request)).toBe(first);
  });
});
