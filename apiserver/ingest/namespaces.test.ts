import { describe, expect, test } from 'vitest';
import { explicitNamespaces, localNamespaces, namespaceFilter } from './namespaces.ts';

describe('without a cluster', () => {
  const { resolve } = localNamespaces('folder:/srv/example');

  test('every valid name exists, with the same uid after a restart', () => {
    expect(resolve('team-a')).toEqual(localNamespaces('folder:/srv/example').resolve('team-a'));
    expect(resolve('team-a')).toEqual({
      uid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    });
  });

  test('the uid is another one for another name and another cluster', () => {
    const uids = [resolve('a'), resolve('b'), localNamespaces('folder:/other').resolve('a')];
    expect(new Set(uids.map((each) => JSON.stringify(each))).size).toBe(3);
  });

  test.each(['', 'UPPER', '-a', 'a.b', 'a'.repeat(64)])('%j is no namespace', (name) => {
    expect(resolve(name)).toBe('missing');
  });
});

test.each([
  [['*'], 'team-a', true],
  [['team-*', '!team-x'], 'team-a', true],
  [['team-*', '!team-x'], 'team-x', false],
  [['!team-x'], 'team-a', true],
  [['team-?'], 'team-ab', false],
  [['a.c'], 'abc', false],
  [[], 'team-a', false],
])('the filter %j matches %s: %s', (globs, namespace, expected) => {
  expect(namespaceFilter(globs)(namespace)).toBe(expected);
});

test('a list of names without globs covers exactly these', () => {
  expect(explicitNamespaces(['a', 'b'])).toEqual(['a', 'b']);
  expect([['*'], ['a', '!b'], []].map(explicitNamespaces)).toEqual([undefined, undefined, undefined]);
});
