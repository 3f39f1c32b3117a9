import { describe, expect, test } from 'vitest';
import type { Informer, ScopeState } from './informer.ts';
import { Related } from './related.ts';

/** The part of an informer that decides whether a look may begin. */
const informer = (kind: string, state: ScopeState): Informer =>
  ({ kind, apiVersions: ['example.com/v1'], stateOf: () => state }) as unknown as Informer;

describe('a look waits for what it reads', () => {
  test.each<[string, ScopeState, boolean, boolean]>([
    ['until it is known whether the kind is there', 'pending', false, true],
    ['also an optional one', 'pending', true, true],
    ['that may not be read, because a verdict without it could be wrong', 'blocked', false, true],
    ['but goes on without an optional kind that may not be read', 'blocked', true, false],
    ['but not for a kind that is not installed', 'absent', false, false],
    ['no longer than its first list', 'synced', false, false],
  ])('%s', (_how, state, optional, waits) => {
    const kinds = new Map([['Widget', { informer: informer('Widget', state), ownedByObject: false, optional }]]);
    expect(new Related(kinds, true).unreadable('shop') !== undefined).toBe(waits);
  });
});
