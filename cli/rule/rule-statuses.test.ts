import { expect, test } from 'vitest';
import { ClusterApiError } from '../../apiserver/kube/access/index.ts';
import type { RuleEntry } from '../../controllers/rules/index.ts';
import type { ControllerStatus, Manager } from '../../controllers/runtime/index.ts';
import { ManualClock, settle } from '../../controllers/testing/manual-clock.ts';
import { shardName, shardOf } from '../../crds/shard.ts';
import type { Log } from '../log.ts';
import { writeRuleStatuses } from './rule-statuses.ts';

function entry(name: string, namespace?: string): RuleEntry {
  const kind = namespace === undefined ? 'ClusterIssueRule' : 'IssueRule';
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  const source = namespace === undefined ? `clusterrule.${name}` : `rule.${namespace}.${name}`;
  return { kind, object: { apiVersion: '', kind, metadata }, source, version: undefined, rule: undefined, faults: [] };
}

function world(entries: RuleEntry[], leadership: Partial<ReturnType<Manager['leadership']>> = {}) {
  const clock = new ManualClock();
  const ending = new AbortController();
  const patched: string[] = [];
  const warned: string[] = [];
  const state = { fails: undefined as number | undefined };
  const api = {
    patch: async (path: string, body: unknown) => {
      if (state.fails !== undefined) throw new ClusterApiError('no', state.fails);
      patched.push(path.replace('/apis/config.faultline.dev/v1alpha1/', ''));
      // As the watch tells it.
      for (const [index, each] of entries.entries()) {
        if (path.endsWith(`/${each.object.metadata.name}/status`)) {
          const { lastError: _, ...status } = (body as { status: { lastError: unknown } }).status;
          entries[index] = { ...each, object: { ...each.object, status } };
        }
      }
      return {};
    },
  };
  const log = { warn: (_: object, message: string) => void warned.push(message) } as unknown as Log;
  const of = {
    set: {
      get entries() {
        return entries;
      },
      whyNot: () => undefined,
    },
    manager: {
      status: (): readonly ControllerStatus[] => [],
      leadership: () => ({ role: 'leading' as const, leaders: [], ...leadership }),
    },
    controllers: { noted: () => undefined },
  };
  const end = writeRuleStatuses(of, { api, log, clock, clusterScopedNamespace: 'faultline-system' }, ending.signal);
  return {
    patched,
    warned,
    state,
    async advance(ms: number) {
      await clock.advance(ms);
      await settle(20);
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await end;
    },
  };
}

test('each rule has its status, which is written when it changes, and not all at once', async () => {
  const entries = [entry('a'), entry('b', 'shop'), ...Array.from({ length: 20 }, (_, index) => entry(`n${index}`))];
  await using running = world(entries);
  await running.advance(2_000);
  expect(running.patched).toHaveLength(20);
  expect(running.patched.slice(0, 2)).toEqual(['clusterissuerules/a/status', 'namespaces/shop/issuerules/b/status']);
  await running.advance(2_000);
  expect(running.patched).toHaveLength(22);
  await running.advance(10_000);
  expect(running.patched).toHaveLength(22);
});

test('who may not write says so once, and asks again later', async () => {
  await using running = world([entry('a'), entry('b')]);
  running.state.fails = 403;
  await running.advance(200_000);
  expect(running.warned).toEqual(['the status of a rule cannot be written']);
  running.state.fails = undefined;
  await running.advance(70_000);
  expect(running.patched).toHaveLength(2);
});

test('who stands by writes nothing; of shards the one that runs the rule does', async () => {
  await using standby = world([entry('a')], { role: 'standby' });
  await standby.advance(10_000);
  expect(standby.patched).toEqual([]);
  const shard = (namespace: string): string => shardName({ index: shardOf(namespace, 2), count: 2 });
  const other = ['a', 'b', 'c', 'd', 'e'].find((name) => shard(name) !== shard('shop')) as string;
  await using sharded = world([entry('mine', 'shop'), entry('theirs', other)], { shards: [shard('shop')] });
  await sharded.advance(10_000);
  expect(sharded.patched).toEqual(['namespaces/shop/issuerules/mine/status']);
});
