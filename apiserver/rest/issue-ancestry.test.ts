import { describe, expect, test } from 'vitest';
import { LABELS } from '../../crds/names.ts';
import { causeOf, consequencesOf, familyOf, isAncestor, type Relative, stageOf } from './issue-ancestry.ts';

/** The rules of docs/related.md, case by case. */

interface Given {
  readonly kind?: string;
  readonly name?: string;
  readonly aspect?: string;
  readonly type?: string;
  readonly group?: string;
  readonly namespace?: string;
  readonly home?: string;
  readonly application?: string | null;
  readonly component?: string;
  readonly stage?: string;
  readonly openedAt?: number;
  readonly state?: 'Active' | 'Resolved';
}

function issue(id: string, given: Given): Relative {
  const { kind = 'Component', name = 'web', aspect, type = 'build', group = 'appstudio.redhat.com' } = given;
  const { namespace = 'shop', home = namespace, application = 'store', component, stage = 'releasable' } = given;
  const { openedAt = 10, state = 'Active' } = given;
  return {
    ...{ id, namespace: home, name: id, openedAt, state },
    labels: {
      [LABELS.stage]: stage,
      ...(application !== null && { [LABELS.application]: application }),
      ...(component !== undefined && { [LABELS.component]: component }),
    },
    spec: {
      subject: { apiVersion: `${group}/v1alpha1`, kind, namespace, name, ...(aspect !== undefined && { aspect }) },
      ...{ source: 's', key: 'run', severity: 'major', reason: 'Failed', title: id, type },
    },
  };
}

const APPLICATION: Given = { kind: 'Application', name: 'store', type: 'pipeline' };
const BUILD: Given = { aspect: 'build/push/main', component: 'web' };
const TEST: Given = { aspect: 'test/integration/push/main', type: 'test', component: 'web' };
const RELEASE: Given = { kind: 'ReleasePlan', name: 'to-prod', aspect: 'managed', type: 'release' };

test.each<[string, Given, string | undefined]>([
  ['an Application', APPLICATION, 'Application'],
  ['the build of a Component', BUILD, 'Component'],
  ['a test of a Component, which tests a Snapshot', TEST, 'Snapshot'],
  ['a test of a whole Application', { ...APPLICATION, type: 'test' }, 'Snapshot'],
  ['a Snapshot', { kind: 'Snapshot', name: 'store-x7k2p' }, 'Snapshot'],
  ['a release by its plan', RELEASE, 'Release'],
  ['a Release', { kind: 'Release', name: 'r1', type: 'release' }, 'Release'],
  ['a release pipeline without a plan, of its Application', { ...APPLICATION, type: 'release' }, 'Release'],
  ['a Deployment, which is on no such way', { kind: 'Deployment', group: 'apps' }, undefined],
  ['a Component of another group', { group: 'example.dev' }, undefined],
])('%s', (_name, given, stage) => {
  expect(stageOf(issue('x', given))).toBe(stage);
});

describe('one issue is an ancestor of another', () => {
  test.each<[string, Given, Given, boolean]>([
    ['a build of the tests of its Component', BUILD, TEST, true],
    ['a build of the release of its Application', BUILD, RELEASE, true],
    ['a test of the release of its Application', TEST, RELEASE, true],
    ['an Application of a build of its Component', APPLICATION, BUILD, true],
    ['never the other way', RELEASE, BUILD, false],
    ['not of one beside it', BUILD, { ...BUILD, name: 'api', component: 'api' }, false],
    ['not of the tests of another Component', BUILD, { ...TEST, name: 'api', component: 'api' }, false],
    ['not of another Application', BUILD, { ...RELEASE, application: 'other' }, false],
    ['not of the same names in another namespace', BUILD, { ...RELEASE, namespace: 'team-b' }, false],
    ['of a release that runs elsewhere, whose subject is at home', BUILD, { ...RELEASE, home: 'managed' }, true],
    ['not when nothing is known of its owners', BUILD, { ...RELEASE, application: null }, false],
    ['by the Component alone, when no Application is known', { ...BUILD, application: null }, TEST, true],
    ['not when it began later', { ...BUILD, openedAt: 11 }, RELEASE, false],
    ['when both began together', BUILD, { ...RELEASE, openedAt: 10 }, true],
    ['not when it is over', { ...BUILD, state: 'Resolved' }, RELEASE, false],
    ['not of what is over', BUILD, { ...RELEASE, state: 'Resolved' }, false],
    [
      'a pull request of its own tests',
      { ...BUILD, aspect: 'build/pr/18', stage: 'development' },
      { ...TEST, aspect: 'test/integration/pr/18', stage: 'development' },
      true,
    ],
    [
      'not one pull request of the tests of another',
      { ...BUILD, aspect: 'build/pr/18', stage: 'development' },
      { ...TEST, aspect: 'test/integration/pr/19', stage: 'development' },
      false,
    ],
    ['not a pull request of a release', { ...BUILD, aspect: 'build/pr/18', stage: 'development' }, RELEASE, false],
    ['not a branch of a pull request', BUILD, { ...TEST, aspect: 'test/x/pr/18', stage: 'development' }, false],
  ])('%s', (_name, above, below, expected) => {
    expect(isAncestor(issue('above', above), issue('below', below))).toBe(expected);
  });
});

describe('cause and consequences', () => {
  const application = issue('application', { ...APPLICATION, openedAt: 3 });
  const build = issue('build', { ...BUILD, openedAt: 2 });
  const api = issue('api', { ...BUILD, name: 'api', component: 'api', openedAt: 1 });
  const tested = issue('tested', { ...TEST, openedAt: 4 });
  const release = issue('release', { ...RELEASE, openedAt: 5 });
  const all = [release, tested, build, api];

  test('the cause is the furthest up, of several the oldest', () => {
    expect(causeOf(release, all)?.id).toBe('api');
    expect(causeOf(tested, all)?.id).toBe('build');
    expect(causeOf(release, [...all, application])?.id).toBe('application');
  });

  test('a root has no cause; each consequence belongs to one root', () => {
    expect(causeOf(build, all)).toBeUndefined();
    expect(consequencesOf(build, all).map(({ id }) => id)).toEqual(['tested']);
    expect(consequencesOf(api, all).map(({ id }) => id)).toEqual(['release']);
    expect(consequencesOf(application, all).map(({ id }) => id)).toEqual(['tested', 'release']);
    expect(consequencesOf(release, all)).toEqual([]);
  });

  test('what the caller may not see is nobody’s cause: the next one shows', () => {
    expect(causeOf(release, [tested, build])?.id).toBe('build');
  });

  test('the order in which they are stored changes nothing', () => {
    expect(causeOf(release, all.toReversed())).toEqual(causeOf(release, all));
    expect(consequencesOf(api, all.toReversed())).toEqual(consequencesOf(api, all));
  });
});

test('the family of an issue is of its subject’s namespace, by its subject or its labels', () => {
  expect(familyOf(issue('x', { ...RELEASE, home: 'managed' }))).toEqual({ namespace: 'shop', application: 'store' });
  expect(familyOf(issue('x', { ...BUILD, component: undefined as never }))).toEqual({
    ...{ namespace: 'shop', application: 'store', component: 'web' },
  });
  expect(familyOf(issue('x', { kind: 'Deployment', group: 'apps', application: null }))).toBeUndefined();
});
