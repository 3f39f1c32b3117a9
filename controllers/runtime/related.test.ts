import { describe, expect, test } from 'vitest';
import type { MemorySource } from '../testing/memory-source.ts';
import { createWorld } from '../testing/world.ts';
import type { Informer, ScopeState } from './informer.ts';
import type { ClusterObject } from './object.ts';
import { defineController, type ObjectLike } from './plugin.ts';
import { Related } from './related.ts';
import type { SourceFault } from './source.ts';

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

describe('a kind that cannot be read', () => {
  const widgets = (optional: boolean) =>
    defineController<ObjectLike, unknown>({
      apiVersion: 'controller/v1',
      watches: { apiVersion: 'example.com/v1', kind: 'Widget' },
      reads: [{ apiVersion: 'example.com/v1', kind: 'Owner', optional }],
      order: 'state',
      onDelete: 'resolve',
      observe: ({ apiVersion, kind, metadata: { name, namespace = '' } }) => ({
        subject: { apiVersion, kind, namespace, name },
        findings: [],
      }),
    });
  const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'a', namespace: 'shop', uid: 'u' } };
  const look = async (optional: boolean, reason: SourceFault['reason']) => {
    const prepare = (source: MemorySource): void =>
      source.fail('Owner', { reason, message: `no Owner: ${reason}`, retryInMs: 30_000 });
    await using world = createWorld(widgets(optional), { objects: [widget], prepare });
    await world.settle();
    const { conditions, counts } = world.controller.status();
    return { decided: counts.decided, ready: conditions.find(({ type }) => type === 'Ready')?.status };
  };

  test.each([
    [true, 'Forbidden', 1, 'True'],
    [false, 'Forbidden', 0, 'False'],
    [false, 'NotInstalled', 1, 'True'],
  ] as const)('optional %s, %s: decides %i and is ready %s', async (optional, reason, decided, ready) => {
    expect(await look(optional, reason)).toEqual({ decided, ready });
  });
});

describe('that an object does not read means that it is not there', () => {
  const covers = (state: ScopeState, { live = true, inPart = false } = {}) => {
    const kinds = new Map([
      ['Widget', { informer: informer('Widget', state), ownedByObject: inPart, optional: false }],
    ]);
    const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'shop', uid: 'u' } };
    const { read } = new Related(kinds, live).begin(
      object as ClusterObject,
      Date.now,
      AbortSignal.any([]),
      async () => undefined,
    );
    return read.covers('Widget', 'shop');
  };

  test('where the kind is listed completely, of a cluster', async () => {
    expect(await covers('synced')).toBe(true);
    expect(await covers('synced', { live: false })).toBe(false);
    expect(await covers('synced', { inPart: true })).toBe(false);
    expect(await covers('blocked')).toBe(false);
    expect(await covers('absent')).toBe(false);
  });
});
