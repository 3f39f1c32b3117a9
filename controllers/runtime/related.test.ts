import { describe, expect, test } from 'vitest';
import type { Finding } from '../../crds/report.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import type { MemorySource } from '../testing/memory-source.ts';
import { createWorld } from '../testing/world.ts';
import type { Informer, ScopeState } from './informer.ts';
import type { ClusterObject } from './object.ts';
import { defineController, type ObjectLike } from './plugin.ts';
import { Related } from './related.ts';
import type { SourceFault } from './source.ts';

const FOUND: Finding = { key: 'k', type: 'workload', severity: 'minor', reason: 'Found', title: 'it has an owner' };

/** The part of an informer that decides whether a look may begin. */
const informer = (kind: string, state: ScopeState): Informer =>
  ({ kind, apiVersions: ['example.com/v1'], stateOf: () => state, isExcused: () => false }) as unknown as Informer;

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

test.each([
  [true, 30_000, 1],
  [true, 29_999, 0],
  [false, 3_600_000, 0],
])('a server that cannot list what is read (optional: %s) for %i ms: %i decided', async (optional, ms, decided) => {
  const clock = new ManualClock();
  const owned = defineController<ObjectLike, unknown>({
    apiVersion: 'controller/v1',
    watches: { apiVersion: 'example.com/v1', kind: 'Widget' },
    reads: [{ apiVersion: 'example.com/v1', kind: 'Owner', optional }],
    order: 'state',
    onDelete: 'resolve',
    async observe({ apiVersion, kind, metadata: { name, namespace = '' } }, read) {
      const owner = await read.get('Owner', namespace, 'o');
      return { subject: { apiVersion, kind, namespace, name }, findings: owner === undefined ? [] : [FOUND] };
    },
  });
  const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'a', namespace: 'shop', uid: 'u' } };
  const owner = { apiVersion: 'example.com/v1', kind: 'Owner', metadata: { name: 'o', namespace: 'shop', uid: 'o' } };
  const fault = { reason: 'ServerError', message: 'HTTP 500', retryInMs: 1_000 } as const;
  const prepare = (source: MemorySource): void => source.fail('Owner', fault);
  await using world = createWorld(owned, { objects: [widget, owner], prepare, clock });
  await world.settle();
  await clock.advance(ms);
  await world.settle();
  expect(world.sink.take()).toHaveLength(decided);
  world.source.fail('Owner', undefined);
  await world.settle();
  expect(world.sink.reports.map(({ body }) => 'findings' in body && body.findings.length)).toEqual([1]);
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
