import { describe, expect, test } from 'vitest';
import { finding, KONFLUX, PAC, run, withOptions } from './samples.contract.ts';

describe('links', () => {
  test('log, console, commit and pull request, as far as they are known', async () => {
    const labels = {
      ...KONFLUX,
      [`${PAC}event-type`]: 'pull_request',
      [`${PAC}pull-request`]: '18',
      [`${PAC}sha`]: '0123456789abcdef',
    };
    const annotations = {
      [`${PAC}log-url`]: 'https://logs.example/run?x=a b',
      [`${PAC}sha-title`]: 'Fix the thing',
      [`${PAC}repo-url`]: 'https://token:secret@git.example/org/payments.git',
    };
    const options = withOptions({ consoleURL: 'https://console.example/{namespace}/{name}?app={application}' });
    const found = await finding(run({ labels, annotations }), [], options);
    expect(found.links).toEqual([
      { rel: 'log', title: 'Log', url: 'https://logs.example/run?x=a%20b' },
      { rel: 'console', title: 'Console', url: 'https://console.example/shop/payments-on-push-x7k2p?app=shop' },
      { rel: 'commit', title: 'Fix the thing', url: 'https://git.example/org/payments/commit/0123456789abcdef' },
      { rel: 'pull-request', title: 'Pull request 18', url: 'https://git.example/org/payments/pull/18' },
    ]);
  });

  test.each(['javascript:alert(1)', 'file:///etc/passwd', 'not a url', `https://x.example/${'y'.repeat(5_000)}`])(
    'a log URL that is %s is left out',
    async (url) => {
      expect((await finding(run({ annotations: { [`${PAC}log-url`]: url } }))).links).toEqual([]);
    },
  );

  test.each([
    ['gitlab', '/-/merge_requests/18'],
    ['gitea', '/pulls/18'],
    ['bitbucket-cloud', '/pull-requests/18'],
  ])('knows where %s shows a pull request', async (provider, path) => {
    const labels = {
      ...KONFLUX,
      [`${PAC}event-type`]: 'pull_request',
      [`${PAC}pull-request`]: '18',
      [`${PAC}git-provider`]: provider,
    };
    const found = await finding(run({ labels, annotations: { [`${PAC}repo-url`]: 'https://git.example/o/r' } }));
    expect(found.links).toContainEqual({
      rel: 'pull-request',
      title: 'Pull request 18',
      url: `https://git.example/o/r${path}`,
    });
  });
});
