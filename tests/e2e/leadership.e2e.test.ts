import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKubeClient } from '../../controllers/runtime/kube-client.ts';
import { kubeLeases } from '../../controllers/runtime/leadership/kube-leases.ts';
import type { LeaseStore } from '../../controllers/runtime/leadership/lease.ts';
import { leaseStoreContract } from '../../controllers/runtime/leadership/lease-store.contract.ts';
import { silentLogger } from '../../controllers/runtime/logger.ts';
import { shardOf } from '../../crds/shard.ts';
import { send } from '../controlplane/api-request.ts';
import type { Child } from '../controlplane/child.ts';
import { freePort } from '../controlplane/ports.ts';
import { type Installation, install } from './installation.ts';
import { at, createRun } from './pipelineruns.ts';

/** Replicas of `faultline controllers`, of which one leads by a Lease of the real API server. */
const NAMESPACE = 'faultline-system';
const NAME = 'faultline-controllers';
/** One in each of four shards. */
const TENANTS = [0, 1, 2, 3].map((index) => tenantOf(index));
let faultline: Installation;
let token: string;

beforeAll(async () => {
  faultline = await install({ namespaces: ['team', ...TENANTS] });
  await faultline.stopControllers();
  token = (await readFile(join(faultline.dir, 'controllers.token'), 'utf8')).trim();
  await writeFile(join(faultline.dir, 'elected.yaml'), CONFIGURATION);
  await writeFile(join(faultline.dir, 'sharded.yaml'), `${CONFIGURATION}sharding: {shards: 4}\n`);
  await allow(['tekton-stuck']);
});
afterAll(async () => faultline?.[Symbol.asyncDispose]());

function tenantOf(shard: number): string {
  for (let n = 0; ; n++) if (shardOf(`tenant-${n}`, 4) === shard) return `tenant-${n}`;
}

const CONFIGURATION = `apiVersion: config.faultline.dev/v1alpha1
kind: FaultlineConfiguration
leaderElection: {enabled: true, leaseDuration: 4s, renewDeadline: 3s, retryPeriod: 400ms}
controllers:
  - {use: tekton/pipelinerun}
  - {use: tekton/stuck}
`;

interface Replica {
  readonly child: Child;
  /** What /readyz says of it. */
  role(): Promise<string>;
  metric(name: string): Promise<string | undefined>;
}

async function replica(name: string, configuration = 'elected.yaml'): Promise<Replica> {
  const port = await freePort();
  const config = `--config=${join(faultline.dir, configuration)}`;
  const flags = [config, `--metrics-listen=127.0.0.1:${port}`, `--leader-elect-namespace=${NAMESPACE}`];
  const child = await faultline.startMoreControllers(name, flags);
  const get = async (path: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    return response === undefined || !response.ok ? 'away' : await response.text();
  };
  return {
    child,
    role: async () => /^\[\+\]leadership ok \((.*)\)$/m.exec(await get('/readyz?verbose'))?.[1] ?? 'not ready',
    metric: async (metric) => new RegExp(`^${metric}{name="${NAME}"} (.*)$`, 'm').exec(await get('/metrics'))?.[1],
  };
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(20)) if (await holds()) return;
  throw new Error(`${what} never happened\n${await faultline.logs()}`);
}
const leads = (one: Replica) => until('leading', async () => (await one.role()) === 'leading');
const standsBy = (one: Replica) => until('standing by', async () => /^standby: .* leads$/.test(await one.role()));
const reported = (component: string, namespace = 'team') =>
  faultline.until(namespace, (issues) => issues.some(({ spec }) => spec.subject.name === component));
const fail = (component: string, namespace = 'team') =>
  createRun(faultline.plane, { name: `${component}-1`, namespace, component }, { succeeded: false, at: at(0) });
/** The shards that a replica leads, by index. */
const shardsOf = async (one: Replica): Promise<number[]> =>
  [...(await one.role()).matchAll(/(\d+)-of-4/g)].map(([, index]) => Number(index));
const leadsShards = (one: Replica, count: number) =>
  until(`leading ${count} shards`, async () => (await shardsOf(one)).length === count);

interface LeaseJson {
  readonly spec: { readonly holderIdentity: string; readonly leaseTransitions: number };
}
async function lease(): Promise<LeaseJson['spec']> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/${NAME}`;
  return (JSON.parse((await faultline.plane.request(path)).body) as LeaseJson).spec;
}

/** The right to speak as these sources, as a binding in a cluster gives it. */
async function allow(sources: readonly string[]): Promise<void> {
  const group = '/apis/rbac.authorization.k8s.io/v1';
  const rules = [{ apiGroups: ['faultline.dev'], resources: ['sources'], verbs: ['report'], resourceNames: sources }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'e2e-sources' };
  const subjects = [{ kind: 'ServiceAccount', name: NAME, namespace: NAMESPACE }];
  const metadata = { name: 'e2e-sources' };
  await faultline.plane.request(`${group}/clusterroles`, { method: 'POST', body: { metadata, rules } });
  await faultline.plane.request(`${group}/clusterrolebindings`, {
    method: 'POST',
    body: { metadata, roleRef, subjects },
  });
}

/** As an earlier leader of the stuck runs would ask; as it would, again while the database is not reached yet. */
async function asLeader<T>(path: string, body: object): Promise<T> {
  const url = `https://127.0.0.1:${faultline.server.port}${path}`;
  const { certificatePem: caPem } = faultline.plane.servingCa;
  let answer = await send(url, caPem, { method: 'POST', body, as: { token } });
  await until(`POST ${path}`, async () => {
    if (answer.status === 503) answer = await send(url, caPem, { method: 'POST', body, as: { token } });
    return answer.status !== 503;
  });
  if (answer.status !== 200) throw new Error(`POST ${path}: ${answer.status} ${answer.body}`);
  return JSON.parse(answer.body) as T;
}

describe('leases of a cluster', () => {
  let store: LeaseStore;
  beforeAll(() => {
    const { url, caPem } = faultline.plane;
    const headers = async () => ({ authorization: `Bearer ${token}` });
    const client = createKubeClient({ server: url, ca: caPem, headers });
    store = kubeLeases({ client, namespace: NAMESPACE, group: 'contract', logger: silentLogger });
    return () => client[Symbol.asyncDispose]();
  });
  leaseStoreContract(() => store);
});

test('one leads and one stands by; a stop hands over at once, a kill when the lease ends, and late reports are refused', async () => {
  const stuck = { name: 'tekton-stuck', class: 'state', filter: { namespaces: ['*'], labelSelector: '' } };
  const led = await asLeader<{ sources: { epoch: number }[] }>('/api/v1/lead', { manager: NAME, sources: [stuck] });

  const first = await replica('first');
  await leads(first);
  const second = await replica('second');
  await standsBy(second);
  expect([
    await first.metric('leader_election_master_status'),
    await second.metric('leader_election_master_status'),
  ]).toEqual(['1', '0']);
  await fail('before');
  await reported('before');

  const late = await asLeader<{ results: { status: number; error: string }[] }>('/api/v1/reports', [
    lateReport(led.sources[0]?.epoch ?? 0),
  ]);
  expect(late.results).toMatchObject([
    { status: 409, error: expect.stringMatching(/^fenced: epoch \d+ of source tekton-stuck/) },
  ]);

  const { holderIdentity: before } = await lease();
  const stoppedAt = performance.now();
  const stopping = first.child.stop('SIGTERM');
  await fail('handover');
  await stopping;
  const endedAt = performance.now();
  await reported('handover');
  const took = performance.now() - stoppedAt;
  console.info(
    `handover: the leader ended after ${ms(endedAt - stoppedAt)}, the next one had reported after ${ms(took)}`,
  );
  expect(first.child.ended).toBe('code 0');
  await leads(second);
  const { holderIdentity: after, leaseTransitions } = await lease();
  expect(after).not.toBe(before);
  expect(leaseTransitions).toBeGreaterThan(0);

  const third = await replica('third');
  await standsBy(third);
  // Frozen beyond its lease: when it goes on it leads no longer, whatever it was about to do.
  process.kill(second.child.pid, 'SIGSTOP');
  await fail('frozen');
  await reported('frozen');
  process.kill(second.child.pid, 'SIGCONT');
  await standsBy(second);
  expect(await second.metric('leader_election_master_status')).toBe('0');

  const killedAt = performance.now();
  await third.child.stop('SIGKILL');
  await fail('killed');
  await reported('killed');
  console.info(`kill -9: the next one had reported after ${ms(performance.now() - killedAt)}, with a lease of 4 s`);
  await leads(second);
  const last = await lease();
  expect(last.holderIdentity).toBe(after);
  expect(last.leaseTransitions).toBeGreaterThanOrEqual(leaseTransitions + 2);
  await second.child.stop();
}, 120_000);

test('shards are led by one replica each, and by another one when that is killed: no namespace is missed', async () => {
  const failEverywhere = (component: string) => Promise.all(TENANTS.map((tenant) => fail(component, tenant)));
  const reportedEverywhere = (component: string) => Promise.all(TENANTS.map((tenant) => reported(component, tenant)));
  const first = await replica('sharded-1', 'sharded.yaml');
  await leadsShards(first, 4);
  await failEverywhere('alone');
  await reportedEverywhere('alone');

  const second = await replica('sharded-2', 'sharded.yaml');
  await leadsShards(second, 2);
  await leadsShards(first, 2);
  expect([...(await shardsOf(first)), ...(await shardsOf(second))].sort()).toEqual([0, 1, 2, 3]);
  await failEverywhere('shared');
  await reportedEverywhere('shared');

  await first.child.stop('SIGKILL');
  await failEverywhere('killed');
  await leadsShards(second, 4);
  await reportedEverywhere('killed');
  const issues = (await Promise.all(TENANTS.map((tenant) => faultline.issues(tenant)))).flat();
  expect(issues.map(({ status }) => [status.state, status.occurrences])).toEqual(new Array(12).fill(['Active', 1]));
}, 120_000);

function ms(duration: number): string {
  return `${Math.round(duration)} ms`;
}

function lateReport(epoch: number): object {
  return {
    ...{ source: 'tekton-stuck', namespace: 'team', order: { class: 'state', epoch, sequence: 9 } },
    subject: { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', namespace: 'team', name: 'late' },
    body: { complete: true, findings: [] },
  };
}
