import { expect, it } from 'vitest';
import type { Issue } from '../../crds/issue.ts';
import { relativesThen } from './relatives-then.ts';

const issue = (kind: string, openedAt: string, more: { type?: string; state?: string } = {}): Issue =>
  ({
    metadata: { namespace: 'shop', name: kind.toLowerCase(), labels: { 'faultline.dev/application': 'shop' } },
    spec: {
      subject: { apiVersion: 'appstudio.redhat.com/v1alpha1', kind, name: kind.toLowerCase() },
      type: more.type ?? 'build',
      title: `${kind} fails`,
    },
    status: { state: more.state ?? 'Active', openedAt },
  }) as unknown as Issue;

const [build, test, release] = [
  issue('Component', '2026-11-20T10:00:00Z'),
  issue('IntegrationTestScenario', '2026-11-20T10:05:00Z', { type: 'test' }),
  issue('ReleasePlan', '2026-11-20T10:10:00Z', { type: 'release' }),
];
const NOTHING = { complete: true, events: [] };
const reference = (name: string, title: string) => ({ namespace: 'shop', name, title });

it('the cause is that of then, and at the cause the consequences are', () => {
  expect(relativesThen(release, [test, build], NOTHING)).toEqual({
    ...{ cause: reference('component', 'Component fails'), consequences: [], related: [] },
  });
  expect(relativesThen(build, [release, test], NOTHING)).toEqual({
    cause: null,
    consequences: [
      reference('integrationtestscenario', 'IntegrationTestScenario fails'),
      reference('releaseplan', 'ReleasePlan fails'),
    ],
    related: [],
  });
  // What was resolved then had no cause any more.
  expect(relativesThen(issue('ReleasePlan', '2026-11-20T10:10:00Z', { state: 'Resolved' }), [build], NOTHING)).toEqual({
    ...{ cause: null, consequences: [], related: [] },
  });
});

it('links are those that were made and not taken away by then', () => {
  const [a, b] = ['a', 'b'].map((name) => ({ id: name, namespace: 'team', name }));
  const said = (event: string, other?: typeof a) => ({
    at: '2026-11-20T10:00:00Z',
    event,
    ...(other && { issue: other }),
  });
  const events = [said('relate', a), said('relate', b), said('comment'), said('relate'), said('unrelate', a)];
  expect(relativesThen(build, [], { complete: true, events }).related).toEqual([
    { issue: { namespace: 'team', name: 'b' } },
  ]);
});
