import { expect, test } from 'vitest';
import type { ControllerExplanation, Explanation } from '../../crds/explanation.ts';
import type { Asked, Kinds } from '../explanations/index.ts';
import { AccessUnavailable, type Attributes, type Decision } from '../kube/access/types.ts';
import { explanationsResource } from './explanations.ts';

const SPEC = { kind: 'po', namespace: 'shop', name: 'web' };
const POD = { group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true };
const NODE = { group: '', version: 'v1', resource: 'nodes', kind: 'Node', namespaced: false };
const HEALTHY: ControllerExplanation = {
  ...{ controller: 'pods', use: 'workloads/pod', process: 'p', verdict: 'Healthy', message: 'fine' },
};

interface World {
  readonly spec?: unknown;
  readonly kind?: Awaited<ReturnType<Kinds['resolve']>> | Error | 'unknown';
  readonly decision?: Decision | Error;
  readonly asked?: Partial<Asked>;
  readonly full?: boolean;
}

async function create({ spec = SPEC, kind = POD, decision = { allowed: true }, asked = {}, full = false }: World) {
  const rights: Attributes[] = [];
  const questions: unknown[] = [];
  const resource = explanationsResource({
    kinds: {
      resolve: async () => {
        if (kind instanceof Error) throw kind;
        return kind === 'unknown' ? undefined : kind;
      },
    },
    authorizer: {
      authorize(_, attributes) {
        rights.push(attributes);
        if (decision instanceof Error) return Promise.reject(decision);
        return decision;
      },
    },
    explanations: {
      full,
      ask: async (object) => {
        questions.push(object);
        return { controllers: [HEALTHY], processes: ['p'], silent: [], ...asked };
      },
      poll: () => Promise.reject(new Error('not asked')),
      [Symbol.dispose]() {},
    },
  });
  const object = { apiVersion: 'faultline.dev/v1alpha1', kind: 'Explanation', spec };
  const user = { name: 'jane', groups: [] };
  const signal = new AbortController().signal;
  const request = { user, namespace: '', object, dryRun: false, signal };
  const outcome = await resource.create?.(request).then(
    (created) => ({ created: created as Explanation }),
    (error: unknown) => ({ error: error as { code: number; message: string } }),
  );
  return { created: undefined, error: undefined, ...outcome, rights, questions };
}

test('asks for the right to get the very object, by what the cluster calls its kind, and asks the controllers about that', async () => {
  const { created, rights, questions } = await create({});
  expect(rights).toEqual([
    { kind: 'resource', verb: 'get', group: '', version: 'v1', resource: 'pods', namespace: 'shop', name: 'web' },
  ]);
  expect(questions).toEqual([{ group: '', kind: 'Pod', namespace: 'shop', name: 'web' }]);
  expect(created).toMatchObject({
    kind: 'Explanation',
    status: { controllers: [HEALTHY], processes: ['p'], message: '' },
  });
});

test('who may not get the object is told nothing about it, and neither is anybody while nobody can say', async () => {
  const denied = await create({ decision: { allowed: false } });
  expect(denied.error).toMatchObject({
    code: 403,
    message: 'pods "web" is forbidden: User "jane" cannot get resource "pods" in API group "" in the namespace "shop"',
  });
  const unknown = await create({ decision: new AccessUnavailable('away') });
  expect(unknown.error).toBeInstanceOf(AccessUnavailable);
  expect((await create({ kind: new Error('away') })).error).toMatchObject({ code: 503 });
  expect([...denied.questions, ...unknown.questions]).toEqual([]);
});

test('a script that asks for many at one time is told to wait', async () => {
  expect((await create({ full: true })).error).toMatchObject({ code: 429 });
});

test('an object without a namespace is asked for without one, and one with a namespace needs it', async () => {
  const { rights, questions } = await create({ kind: NODE });
  expect(rights[0]).not.toHaveProperty('namespace');
  expect(questions[0]).not.toHaveProperty('namespace');
  expect((await create({ spec: { kind: 'pod', name: 'web' } })).error).toMatchObject({ code: 422 });
});

test('what cannot be meant is refused with every fault', async () => {
  const { error } = await create({ spec: { kind: '../pods', name: 'a/b', what: 1 } });
  expect(error).toMatchObject({
    code: 422,
    details: { causes: [{ field: 'spec.kind' }, { field: 'spec.name' }, { field: 'spec.what' }] },
  });
  expect((await create({ kind: 'unknown' })).error).toMatchObject({
    code: 404,
    message: 'the cluster serves no kind or resource "po"',
  });
});

test('of replicas and shards the one whose object it is answers, and what several say the same is said once', async () => {
  const say = (process: string, verdict: ControllerExplanation['verdict']): ControllerExplanation => ({
    ...{ controller: 'pods', use: 'workloads/pod', process, verdict, message: verdict },
  });
  const [standby, shard, leader] = [say('a', 'Standby'), say('b', 'OtherShard'), say('c', 'Failing')];
  const answers = async (...controllers: ControllerExplanation[]) =>
    (await create({ asked: { controllers } })).created?.status?.controllers;
  expect(await answers(standby, shard, leader)).toEqual([leader]);
  expect(await answers(standby, say('b', 'Standby'))).toEqual([standby]);
  expect(await answers(leader, { ...standby, controller: 'nodes' })).toHaveLength(2);
});

test.each([
  [
    { controllers: [], processes: [], silent: [] },
    'no controllers process that may report there is connected to this server',
  ],
  [{ controllers: [], processes: ['p'], silent: [] }, 'no configured controller watches Pod'],
  [{ controllers: [], processes: [], silent: ['p'] }, 'p did not answer in time'],
])('where the controllers say nothing, it is said why: %#', async (asked, message) => {
  expect((await create({ asked })).created?.status?.message).toContain(message);
});
