import { describe, expect, it } from 'vitest';
import { NamespaceFilter, namespacesToWatch } from './namespaces.ts';

const filter = (...patterns: string[]): NamespaceFilter => new NamespaceFilter(patterns);

describe('namespace filters', () => {
  it.each([
    [['*'], 'anything', true],
    [[], 'anything', true],
    [['team-*'], 'team-a', true],
    [['team-*'], 'other', false],
    [['team-*', '!team-x'], 'team-x', false],
    [['!kube-*'], 'kube-system', false],
    [['!kube-*'], 'shop', true],
    [['a.b'], 'aXb', false],
  ])('%j on %s: %s', (patterns, namespace, expected) => {
    expect(filter(...patterns).matches(namespace)).toBe(expected);
  });

  it('always lets cluster-scoped objects pass', () => {
    expect(filter('team-a').matches('')).toBe(true);
  });

  it('watches namespace by namespace when a list has no globs, so that Roles are enough', () => {
    expect(namespacesToWatch([filter('*'), filter('a', 'b', '!b')])).toEqual(['a']);
    expect(namespacesToWatch([filter('team-*'), filter('team-a', 'shop')])).toEqual(['team-a']);
    expect(namespacesToWatch([filter('team-*'), filter('!x')])).toBeUndefined();
  });
});
